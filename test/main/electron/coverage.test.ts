import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CorvusError } from '#shared/errors.ts';
import { eventually } from '../../support/eventually.ts';
import { createFixture, type Fixture, loadPreload, quitAndWait, runningShell, startFixture } from './shell-fixture.ts';

const shellFolder = join(import.meta.dirname, '..', '..', '..', 'src', 'main', 'electron');

/**
 * `App.quit`, `BrowserWindow.on`, …: all that electron-api.ts lets the shell use. The compiler holds the shell to that
 * list.
 */
function declaredMembers(): string[] {
  const source = readFileSync(join(shellFolder, 'electron-api.ts'), 'utf8');
  const members = [...source.matchAll(/Pick<\s*(?:typeof )?Electron\.(\w+),([^>]*)>/g)].flatMap(
    ([, owner, list = '']) => [...list.matchAll(/'(\w+)'/g)].map(([, member]) => `${owner}.${member}`),
  );
  return [...new Set(members)].filter((member) => member !== 'Event.preventDefault').sort();
}

function declaredEvents(): string[] {
  const source = readFileSync(join(shellFolder, 'electron-api.ts'), 'utf8');
  return [...source.matchAll(/\bon(?:ce)?\(event: ([^,]+),/g)].flatMap(([, list = '']) =>
    [...list.matchAll(/'([\w-]+)'/g)].map(([, event = '']) => event),
  );
}

/** Events that anything of this Electron is listened to for; `ready-to-show` is heard once, by a window that showed. */
function heardEvents({ standIn }: Fixture): (string | symbol)[] {
  const { app, session, theme, powerMonitor, trays, notifications } = standIn;
  const windows = app.everMade;
  const emitters = [
    app,
    session,
    theme,
    powerMonitor,
    ...trays,
    ...notifications,
    ...windows,
    ...windows.map((window) => window.contents),
  ];
  return [
    ...emitters.flatMap((emitter) => emitter.eventNames()),
    ...(windows.some((window) => window.isReadyHeard) ? ['ready-to-show'] : []),
  ];
}

test('electron is imported in one file of the shell, and in the preload', () => {
  const files = readdirSync(shellFolder).filter((file) =>
    /from 'electron'/.test(readFileSync(join(shellFolder, file), 'utf8')),
  );
  // electron-api.ts imports its types only.
  expect(files.sort()).toEqual(['electron-api.ts', 'index.ts']);
  expect(readFileSync(join(shellFolder, 'electron-api.ts'), 'utf8')).toContain("import type {} from 'electron'");
});

test('one tour through the shell uses every member of Electron that it may use', async () => {
  const used = new Set<string>();
  const heard = new Set<string | symbol>();
  for (const platform of ['linux', 'win32', 'darwin'] as const) {
    const fixture = await runningShell({ platform });
    const { standIn } = fixture;
    const core = fixture.core();
    const [window] = standIn.app.windows;
    await eventually(() => expect(window?.isShown).toBe(true));
    await core.ports.secrets.write('provider.test', 'value');
    expect(await core.ports.secrets.read('provider.test')).toBe('value');
    core.ports.notify.show({ title: 'Balance is low', body: '' });
    standIn.notifications[0]?.emit('click');
    await core.ports.openExternal.open('https://corvusllm.com/');
    await core.handlers['settings.set']({ openAtLogin: true, theme: 'dark' });
    core.emit('balance.changed', { state: 'none' });
    core.emit('balance.changed', {
      state: 'confirmed',
      balance: '5.00',
      held: '0.00',
      spendable: '5.00',
      asOfMs: Date.now(),
      isPlayMoney: true,
      isEstimate: false,
      topupUrl: null,
    });
    expect(await (await loadPreload(fixture)).call('settings.get', undefined)).toMatchObject({ ok: true });
    standIn.trays[0]?.choose('Copy base URL (OpenAI)');
    standIn.contents().emit('render-process-gone', {}, { reason: 'crashed', exitCode: 1 });
    await eventually(() => expect(window?.contents.reloads).toBe(1));
    if (window) Object.assign(window, { isSmall: true, isLarge: true });
    standIn.app.emit('second-instance', {}, ['corvus'], '/');
    window?.close();
    await eventually(() => readFileSync(join(fixture.home, 'window.json')));
    await quitAndWait(fixture);
    for (const member of standIn.used) used.add(member);
    for (const event of heardEvents(fixture)) heard.add(event);
    // Opens maximised, as it was closed, at another port than the one that is taken.
    const taken = new CorvusError('port_taken', undefined, { body: { free: 4478 } });
    const failures: (CorvusError | null)[] = [taken, null];
    const again = await createFixture({
      platform,
      prepareCore: (made) => void (made.startFailure = failures.shift() ?? null),
    });
    await startFixture({ ...again, host: { ...again.host, homePath: fixture.home } });
    await eventually(() => expect(again.standIn.app.windows[0]?.isLarge).toBe(true));
    (again.host.process as NodeJS.Process).emit('uncaughtException', new Error('made by this test'));
    for (const member of again.standIn.used) used.add(member);
  }
  const declared = declaredMembers();
  expect(declared.length).toBeGreaterThan(50);
  expect(declared.filter((member) => !used.has(member))).toEqual([]);
  expect(declaredEvents().filter((event) => !heard.has(event))).toEqual([]);
});

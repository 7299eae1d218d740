import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { startShell } from '../../../src/main/electron/start-shell.ts';
import { CorvusError } from '../../../src/shared/errors.ts';
import { createFixture, quitAndWait, runningShell, startFixture } from './shell-fixture.ts';

test('before Electron is ready: sandbox, scheme, data folder, lock', async () => {
  const fixture = await createFixture();
  const { app, protocol } = fixture.standIn;
  const starting = startShell(fixture.standIn.electron, fixture.host);
  expect(app).toMatchObject({
    isReady: false,
    isSandboxed: true,
    name: 'Corvus',
    paths: { userData: join(fixture.home, 'electron') },
  });
  // Without fetch and CORS the scheme cannot be read from any other page.
  expect(protocol.schemes).toEqual([{ scheme: 'app', privileges: { standard: true, secure: true, codeCache: true } }]);
  expect(app.protocolClient).toEqual({ protocol: 'corvusllm', path: fixture.host.execPath, parameters: ['--'] });
  app.becomeReady();
  await starting;
  await quitAndWait(fixture);
});

test('a second instance ends at once and touches nothing', async () => {
  const fixture = await createFixture();
  fixture.standIn.app.hasLock = false;
  expect(await startShell(fixture.standIn.electron, fixture.host)).toBeNull();
  expect(fixture.standIn.app.quitCount).toBe(1);
  expect(await readdir(fixture.home)).toEqual(['electron']);
});

test('the window is sandboxed and isolated, and shows when painted', async () => {
  const { standIn, host } = await runningShell();
  const [window] = standIn.app.windows;
  expect(window?.options).toMatchObject({ show: false, backgroundColor: '#ffffff' });
  expect(window?.options.webPreferences).toEqual({
    preload: join(host.installation.rendererFolder, '..', 'preload', 'index.cjs'),
    contextIsolation: true,
    sandbox: true,
    webSecurity: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webviewTag: false,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    navigateOnDragDrop: false,
    spellcheck: false,
    devTools: false,
  });
  expect(window?.loaded).toEqual(['app://corvus/']);
  await eventually(() => expect(window?.isShown).toBe(true));
});

test('a second start brings the window to the front', async () => {
  const { standIn } = await runningShell();
  const [window] = standIn.app.windows;
  await eventually(() => expect(window?.isShown).toBe(true));
  window?.hide();
  if (window) window.isSmall = true;
  standIn.app.emit('second-instance', {}, ['/opt/Corvus/corvus'], '/');
  expect(window).toMatchObject({ isShown: true, isFocused: true, isSmall: false });
});

test('opened at login it waits in the tray', async () => {
  const hidden = await runningShell({ parameters: ['--hidden'] });
  expect(hidden.standIn.app.windows).toEqual([]);
  expect(hidden.standIn.trays).toHaveLength(1);
  hidden.standIn.trays[0]?.choose('Open Corvus');
  expect(hidden.standIn.app.windows).toHaveLength(1);

  const mac = await createFixture({ platform: 'darwin' });
  mac.standIn.app.wasOpenedAtLogin = true;
  await startFixture(mac);
  expect(mac.standIn.app.windows).toEqual([]);
  mac.standIn.app.emit('activate', {}, false);
  expect(mac.standIn.app.windows).toHaveLength(1);
});

test('closing hides it in the tray, and quitting drains the engine once', async () => {
  const fixture = await runningShell();
  const { standIn } = fixture;
  const core = fixture.core();
  const gate = Promise.withResolvers<void>();
  core.mayStop = gate.promise;
  const [window] = standIn.app.windows;
  expect(window?.close()).toBe(false);
  expect(window).toMatchObject({ isShown: false, isGone: false });

  standIn.electron.app.quit();
  standIn.electron.app.quit();
  await eventually(() => expect(core.stops).toBe(1));
  expect(standIn.app.hasQuit).toBe(false);
  gate.resolve();
  await eventually(() => expect(standIn.app.hasQuit).toBe(true));
  expect(core.stops).toBe(1);
  expect(window?.isGone).toBe(true);
});

test('an engine that fails to stop does not keep the app alive', async () => {
  const fixture = await runningShell();
  fixture.core().stop = () => Promise.reject(new Error('disk is gone'));
  await quitAndWait(fixture);
  expect(await fixture.log()).toContain('stop.failed');
});

test('without close-to-tray the last window ends the app, but not on macOS', async () => {
  const prepareCore = (core: { settings: { closeToTray: boolean } }) => {
    core.settings = { ...core.settings, closeToTray: false };
  };
  const linux = await runningShell({ prepareCore });
  linux.standIn.app.windows[0]?.close();
  await eventually(() => expect(linux.standIn.app.hasQuit).toBe(true));
  const mac = await runningShell({ platform: 'darwin', prepareCore });
  mac.standIn.app.windows[0]?.close();
  expect(mac.standIn.app.quitCount).toBe(0);
  mac.standIn.app.emit('activate', {}, false);
  expect(mac.standIn.app.windows).toHaveLength(1);
});

test.each([
  new CorvusError('conflict', 'Port 4477 is taken by process 12 (node). End it, or start Corvus with another port.'),
  new CorvusError('storage_unavailable', 'The database is damaged; it was kept as corvusllm.db.corrupt-1.'),
  new CorvusError('storage_unavailable', 'This data folder was used by a newer Corvus. Install that version.'),
  new CorvusError('storage_unavailable', 'The disk is full.'),
])('a failed start shows the sentence and ends: $message', async (startFailure) => {
  const fixture = await createFixture({ prepareCore: (core) => void (core.startFailure = startFailure) });
  const starting = startShell(fixture.standIn.electron, fixture.host);
  fixture.standIn.app.becomeReady();
  expect(await starting).toBeNull();
  expect(fixture.standIn.errorBoxes).toEqual([{ title: 'Corvus cannot start', content: startFailure.message }]);
  expect(fixture.standIn.app.exitCode).toBe(1);
  expect(fixture.core().stops).toBe(1);
  expect(await readdir(fixture.home)).not.toContain('owner.json');
});

test('a defect at start is shown without a stack and logged', async () => {
  const fixture = await createFixture({
    prepareCore: (core) => void (core.startFailure = new TypeError('undefined is not a function')),
  });
  const starting = startShell(fixture.standIn.electron, fixture.host);
  fixture.standIn.app.becomeReady();
  await starting;
  expect(fixture.standIn.errorBoxes[0]?.content).toMatch(/^Something failed inside Corvus\. The file corvusllm\.log/);
  expect(await fixture.log()).toContain('undefined is not a function');
});

test('a shell that cannot be put together stops the engine it started', async () => {
  const fixture = await createFixture({
    prepareCore: (core) => {
      core.handlers['settings.get'] = () =>
        Promise.reject(new CorvusError('storage_unavailable', 'The settings cannot be read.'));
    },
  });
  const starting = startShell(fixture.standIn.electron, fixture.host);
  fixture.standIn.app.becomeReady();
  expect(await starting).toBeNull();
  expect(fixture.standIn.errorBoxes[0]?.content).toBe('The settings cannot be read.');
  expect(fixture.core().stops).toBe(1);
});

test('a desktop without a tray still gets the window', async () => {
  const fixture = await createFixture();
  class NoTray {
    constructor() {
      throw new Error('no StatusNotifierHost');
    }
  }
  Object.assign(fixture.standIn.electron, { Tray: NoTray });
  await startFixture(fixture);
  expect(fixture.standIn.app.windows).toHaveLength(1);
});

test('a data folder that cannot be created is reported', async () => {
  const fixture = await createFixture();
  await writeFile(fixture.home, 'a file is in the way');
  const starting = startShell(fixture.standIn.electron, fixture.host);
  fixture.standIn.app.becomeReady();
  await starting;
  expect(fixture.standIn.errorBoxes[0]?.content).toContain(fixture.home);
  expect(fixture.standIn.app.exitCode).toBe(1);
});

test('a folder that a windowless Corvus runs on is left to it', async () => {
  const first = await runningShell();
  const second = await createFixture();
  const starting = startShell(second.standIn.electron, { ...second.host, homePath: first.home });
  second.standIn.app.becomeReady();
  expect(await starting).toBeNull();
  expect(second.standIn.errorBoxes[0]?.content).toContain(`runs already, without a window, as process ${process.pid}`);
  // The first one still serves.
  expect((await fetch(`${first.shell.gatewayUrl}/api/hello?nonce=${'n'.repeat(20)}`)).status).toBe(200);
});

test('a defect while running is logged, shown without a stack, and ends the app', async () => {
  const fixture = await runningShell();
  (fixture.host.process as NodeJS.Process).emit('uncaughtException', new Error('broken invariant'));
  expect(fixture.standIn.errorBoxes).toEqual([
    { title: 'Corvus ended', content: expect.stringMatching(/^Something failed inside Corvus/) },
  ]);
  expect(fixture.standIn.app.exitCode).toBe(1);
  expect(await fixture.log()).toContain('broken invariant');
});

test('theme and opening at login follow the settings', async () => {
  const fixture = await runningShell({ platform: 'win32' });
  const { app, theme } = fixture.standIn;
  const window = app.windows[0];
  await fixture.core().handlers['settings.set']({ theme: 'dark' });
  expect(theme.themeSource).toBe('dark');
  expect(window?.backgroundColor).toBe('#0b0d10');
  expect(app.loginItem).toBeNull();
  await fixture.core().handlers['settings.set']({ openAtLogin: true });
  expect(app.loginItem).toEqual({ openAtLogin: true, args: ['--hidden'] });
  expect(app.userModelId).not.toBe('');
});

test('opening at login on Linux is an autostart entry that comes and goes', async () => {
  const fixture = await runningShell();
  const path = join(fixture.folder, '.config', 'autostart', 'corvusllm.desktop');
  await fixture.core().handlers['settings.set']({ openAtLogin: true });
  await eventually(() => stat(path));
  await fixture.core().handlers['settings.set']({ openAtLogin: false });
  await eventually(() => expect(stat(path)).rejects.toThrow('ENOENT'));
});

test('the window opens where it was, when that is still on a screen', async () => {
  const fixture = await createFixture();
  await startFixture(fixture);
  const [window] = fixture.standIn.app.windows;
  if (window) Object.assign(window, { bounds: { x: 200, y: 100, width: 1000, height: 800 }, isLarge: true });
  window?.close();
  await eventually(() => stat(join(fixture.home, 'window.json')));
  await quitAndWait(fixture);

  const again = await createFixture();
  await mkdir(again.home, { recursive: true, mode: 0o700 });
  again.standIn.screens.areas = [{ x: 0, y: 0, width: 1280, height: 720 }];
  const shell = { ...again, host: { ...again.host, homePath: fixture.home } };
  await startFixture(shell);
  expect(again.standIn.app.windows[0]?.options).toMatchObject({ x: 200, y: 100, width: 1000, height: 720 });
  await eventually(() => expect(again.standIn.app.windows[0]?.isLarge).toBe(true));
});

test('waking up drops stale connections and asks the account again', async () => {
  const fixture = await runningShell();
  expect(fixture.core().resets).toBe(0);
  fixture.standIn.powerMonitor.emit('resume');
  await eventually(() => expect(fixture.core().refreshes).toBe(1));
  expect(fixture.core().resets).toBe(1);
});

test('waking up asks the account also while old connections cannot be closed', async () => {
  const fixture = await runningShell();
  const core = fixture.core();
  core.resetConnections = () => Promise.reject(new Error('a socket that does not close'));
  fixture.standIn.powerMonitor.emit('resume');
  await eventually(() => expect(core.refreshes).toBe(1));
  await eventually(async () => expect(await fixture.log()).toContain('connections.not-reset'));
});

test('a page that dies is loaded again, more slowly each time', async () => {
  const fixture = await runningShell();
  const contents = fixture.standIn.contents();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  try {
    contents.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 5 });
    vi.advanceTimersByTime(250);
    expect(contents.reloads).toBe(1);
    contents.emit('render-process-gone', {}, { reason: 'oom', exitCode: 5 });
    vi.advanceTimersByTime(250);
    expect(contents.reloads).toBe(1);
    vi.advanceTimersByTime(250);
    expect(contents.reloads).toBe(2);
    contents.emit('render-process-gone', {}, { reason: 'clean-exit', exitCode: 0 });
    vi.advanceTimersByTime(60_000);
    expect(contents.reloads).toBe(2);
    // A window that was closed meanwhile stays closed.
    contents.emit('render-process-gone', {}, { reason: 'killed', exitCode: 9 });
    contents.isGone = true;
    vi.advanceTimersByTime(60_000);
    expect(contents.reloads).toBe(2);
  } finally {
    vi.useRealTimers();
  }
});

test('notifications show, and a click leads to billing', async () => {
  const fixture = await runningShell();
  const { notify } = fixture.core().ports;
  notify.show({ title: 'Balance is low', body: '$1.20 left' });
  const [notification] = fixture.standIn.notifications;
  expect(notification).toMatchObject({ isShown: true, options: { title: 'Balance is low', body: '$1.20 left' } });
  notification?.emit('click');
  expect(fixture.standIn.app.windows[0]?.loaded.at(-1)).toBe('app://corvus/billing');
  fixture.standIn.screens.canNotify = false;
  notify.show({ title: 'Again', body: '' });
  expect(fixture.standIn.notifications).toHaveLength(1);
});

test('a taken port is offered to be left for the next free one, and the app starts there', async () => {
  const taken = new CorvusError('port_taken', 'Port 4477 is in use. Port 4478 is free.', {
    body: { port: 4477, free: 4478 },
  });
  let starts = 0;
  const fixture = await createFixture({
    prepareCore(core) {
      core.startFailure = starts === 0 ? taken : null;
      starts += 1;
    },
  });
  await startFixture(fixture);
  expect(fixture.core().options.port).toEqual({ from: 'setting', moveTo: 4478 });
  expect(fixture.standIn.errorBoxes).toEqual([]);
});

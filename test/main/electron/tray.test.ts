import { expect, test, vi } from 'vitest';
import { hourMs, minuteMs } from '#shared/time.ts';
import { eventually } from '../../support/eventually.ts';
import { envelopeItems } from '../../../src/main/electron/envelope-items.ts';
import { ageText, type TrayFacts, trayView } from '../../../src/main/electron/tray-view.ts';
import { appPages } from '../../../src/shared/contract/app-pages.ts';
import type { Balance } from '../../../src/shared/domain/balance.ts';
import { runningShell } from './shell-fixture.ts';
import { allItems } from './stand-in/system.ts';

type Known = Extract<Balance, { state: 'confirmed' | 'stale' }>;
const nowMs = 1_800_000_000_000;

function known(change: Partial<Known> = {}): Known {
  const known = {
    state: 'confirmed',
    balance: '12.349',
    held: '0.00',
    spendable: '12.349',
    asOfMs: nowMs - 120_000,
  } as const;
  return { ...known, isPlayMoney: false, isEstimate: false, topupUrl: null, ...change };
}

function view(balance: Balance, change: Partial<TrayFacts> = {}) {
  const today = { fromMs: 0, prepaid: '0.00', byokEstimate: '0.00', requests: 0, unpriced: 0 };
  return trayView({ balance, today, lowBalance: '2.00', nowMs, ...change });
}

test.each<[string, Balance, string, string, string]>([
  ['ok', known(), 'ok', '$12.34', '$12.34 to spend (2 min ago)'],
  ['just above the limit', known({ spendable: '2.00' }), 'ok', '$2.00', '$2.00 to spend (2 min ago)'],
  ['low', known({ spendable: '1.999999999' }), 'low', '$1.99', '$1.99 to spend (2 min ago)'],
  ['empty', known({ spendable: '0.00' }), 'empty', '$0.00', '$0.00 to spend (2 min ago)'],
  ['play money', known({ isPlayMoney: true }), 'ok', '$12.34', '$12.34 play money to spend (2 min ago)'],
  ['stale', known({ state: 'stale' }), 'ok', '$12.34', '$12.34 to spend (last confirmed 2 min ago)'],
  [
    'unconfirmed for long, whatever it was',
    known({ state: 'stale', asOfMs: nowMs - 180_000 }),
    'unknown',
    '$12.34',
    '$12.34 to spend (last confirmed 3 min ago)',
  ],
  ['an estimate', known({ isEstimate: true }), 'ok', 'about $12.34', 'about $12.34 to spend (2 min ago)'],
  [
    'an old estimate',
    known({ state: 'stale', isEstimate: true, asOfMs: nowMs - 180_000 }),
    'ok',
    'about $12.34',
    'about $12.34 to spend (last confirmed 3 min ago)',
  ],
  ['unknown', { state: 'unknown', reason: 'offline' }, 'unknown', '', 'Balance not known'],
  ['no account', { state: 'none' }, 'unknown', '', 'No prepaid account'],
])('%s', (_what, balance, state, title, balanceLine) => {
  expect(view(balance)).toMatchObject({ state, title, balanceLine });
});

test('without a limit nothing is low, but empty is empty', () => {
  expect(view(known({ spendable: '0.01' }), { lowBalance: null }).state).toBe('ok');
  expect(view(known({ spendable: '0.00' }), { lowBalance: null }).state).toBe('empty');
});

test.each([
  [null, 'Today: spend not known'],
  [{ fromMs: 0, prepaid: '0.00', byokEstimate: '0.00', requests: 0, unpriced: 0 }, 'Today: $0.00 spent'],
  [{ fromMs: 0, prepaid: '0.000000001', byokEstimate: '0.00', requests: 1, unpriced: 0 }, 'Today: under $0.0001 spent'],
  [
    { fromMs: 0, prepaid: '1.23456789', byokEstimate: '0.50', requests: 9, unpriced: 2 },
    'Today: $1.2345 spent, about $0.50 at providers, 2 without a known price',
  ],
])('spend of a day: %j', (today, line) => {
  expect(view(known(), { today }).spendLine).toBe(line);
});

test.each([
  [-5_000, 'just now'],
  [59_000, 'just now'],
  [minuteMs, '1 min ago'],
  [59 * minuteMs, '59 min ago'],
  [47 * hourMs, '47 h ago'],
  [49 * hourMs, '2 days ago'],
])('%i ms: %s', (ageMs, text) => {
  expect(ageText(ageMs)).toBe(text);
});

test('icon, tooltip and menu follow the balance', async () => {
  const fixture = await runningShell();
  const [tray] = fixture.standIn.trays;
  expect(tray?.image).toMatch(/tray-unknown\.png$/);
  fixture.core().emit('balance.changed', known({ spendable: '1.00', asOfMs: Date.now() }));
  expect(tray?.image).toMatch(/tray-low\.png$/);
  expect(tray?.toolTip).toContain('$1.00 to spend (just now)');
  expect(tray?.menu[0]).toMatchObject({ label: '$1.00 to spend (just now)', enabled: false });
  expect(tray?.title).toBe('');
  await fixture.core().handlers['settings.set']({ lowBalance: '0.50' });
  expect(tray?.image).toMatch(/tray-ok\.png$/);
});

test('a request refreshes the spend of the day, many of them once', async () => {
  const fixture = await runningShell();
  const spend = vi.fn(fixture.core().handlers['balance.spend']);
  fixture.core().handlers['balance.spend'] = spend;
  for (let count = 0; count < 50; count += 1) fixture.core().emit('requests.changed', { rows: [] });
  await eventually(() => expect(spend).toHaveBeenCalledTimes(1));
});

test('a balance that cannot be read leaves the tray as it was', async () => {
  const fixture = await runningShell({
    prepareCore: (core) => {
      core.handlers['balance.spend'] = () => Promise.reject(new Error('store is closed'));
    },
  });
  expect(fixture.standIn.trays[0]?.menu[1]?.label).toBe('Today: spend not known');
});

test('on macOS the figure stands beside a template image', async () => {
  const fixture = await runningShell({ platform: 'darwin', prepareCore: (core) => void (core.balance = known()) });
  expect(fixture.standIn.trays[0]).toMatchObject({
    title: '$12.34',
    image: expect.stringMatching(/tray-ok-Template\.png$/),
  });
});

test('the tray menu opens, copies, tops up and quits', async () => {
  const fixture = await runningShell();
  const [tray] = fixture.standIn.trays;
  const [window] = fixture.standIn.app.windows;
  tray?.choose('Copy base URL (OpenAI)');
  await eventually(() => expect(fixture.standIn.clipboard.text).toBe(`${fixture.shell.gatewayUrl}/v1`));
  tray?.choose('Copy base URL (Anthropic)');
  await eventually(() => expect(fixture.standIn.clipboard.text).toBe(`${fixture.shell.gatewayUrl}/anthropic`));
  tray?.choose('Run the doctor…');
  expect(window?.loaded.at(-1)).toBe('app://corvus/doctor');
  tray?.choose('Top up…');
  expect(window?.loaded.at(-1)).toBe('app://corvus/billing');
  await eventually(() => expect(window?.isShown).toBe(true));
  window?.close();
  expect(window?.isShown).toBe(false);
  tray?.emit('click');
  expect(window?.isShown).toBe(true);
  tray?.choose('Quit Corvus');
  await eventually(() => expect(fixture.standIn.app.hasQuit).toBe(true));
});

test.each(['linux', 'win32', 'darwin'] as const)(
  'the application menu of %s: pages by key, no developer tools in a package',
  async (platform) => {
    const fixture = await runningShell({ platform });
    const { menu, app } = fixture.standIn;
    const items = allItems(menu.application);
    const accelerators = items.flatMap((item) => item.accelerator ?? []);
    expect(new Set(accelerators).size).toBe(accelerators.length);
    expect(accelerators).toEqual(
      expect.arrayContaining(['CmdOrCtrl+1', 'CmdOrCtrl+7', platform === 'darwin' ? 'Cmd+,' : 'Ctrl+,']),
    );
    expect(items.some((item) => item.role === 'toggleDevTools' || item.role === 'reload')).toBe(false);
    for (const { name, path } of appPages) {
      menu.choose(path === '/settings' ? 'Settings…' : name);
      expect(app.windows[0]?.loaded.at(-1)).toBe(`app://corvus${path}`);
    }
    menu.choose('Documentation');
    await eventually(() =>
      expect(fixture.standIn.opened).toEqual(['https://corvusllm.com/docs/getting-started/before-you-buy']),
    );
  },
);

test('from sources the developer tools are there, and nothing is registered with the system', async () => {
  const { createFixture, startFixture } = await import('./shell-fixture.ts');
  const fixture = await createFixture({ platform: 'win32' });
  fixture.standIn.app.isPackaged = false;
  await startFixture(fixture);
  expect(allItems(fixture.standIn.menu.application).some((item) => item.role === 'toggleDevTools')).toBe(true);
  await fixture.core().handlers['settings.set']({ openAtLogin: true });
  expect(fixture.standIn.app).toMatchObject({ loginItem: null, protocolClient: null });
  expect(fixture.standIn.app.windows[0]?.options.webPreferences?.devTools).toBe(true);
});

test('envelopes stand in the menu, the fullest first, and a click raises, pauses or resets one', async () => {
  const asked: unknown[] = [];
  const answered = async (input: unknown) => asked.push(input) as never;
  const handlers = { 'envelopes.change': answered, 'envelopes.reset': answered };
  const envelope = { name: 'Editor', limit: '5.00', period: 'day', spent: '1.001', isPaused: false };
  const fuller = { ...envelope, id: 'env_2', name: 'R&D', spent: '5.00', isPaused: true };
  const items = envelopeItems([{ ...envelope, id: 'env_1' }, fuller] as never, handlers, () => undefined);
  expect(items.map(({ label }) => label)).toEqual([
    'R&&D: $5.00 of $5.00 a day (paused)',
    'Editor: $1.01 of $5.00 a day',
  ]);
  const submenu = items[1]?.submenu as { label: string; click(): void }[];
  expect(submenu.map(({ label }) => label)).toEqual(['Raise to $10.00', 'Pause', 'Reset']);
  for (const { click } of submenu) click();
  expect(asked).toEqual([{ id: 'env_1', limit: '10.00' }, { id: 'env_1', isPaused: true }, { id: 'env_1' }]);
});

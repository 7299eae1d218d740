import { expect, test, vi } from 'vitest';
import { defaultSettings, settingsSchema } from '#shared/contract/settings.ts';
import type { Handlers, Output } from '#shared/contract/contract.ts';
import { providerIdSchema, requestIdSchema, timeOrderedId } from '#shared/ids.ts';
import { ownedHome, run } from './cli-fixture.ts';

const atMs = 1_800_000_000_000;
const id = requestIdSchema.parse(timeOrderedId('req', atMs, new Uint8Array(10)));

/** A Corvus that keeps its settings in memory. */
async function homeWithSettings(): Promise<string> {
  let settings = defaultSettings;
  const { home } = await ownedHome({
    'settings.get': async () => settings,
    'settings.set': async (change) => (settings = settingsSchema.parse({ ...settings, ...change })),
  });
  return home;
}

test('settings shows every setting by its name and changes one, whatever its type', async () => {
  const home = await homeWithSettings();
  const set = async (name: string, value: string) => {
    const { code, out } = await run(['settings', 'set', name, value, '--home', home, '--json']);
    return code === 0 ? (JSON.parse(out) as unknown) : code;
  };
  expect(JSON.parse((await run(['settings', '--home', home, '--json'])).out)).toEqual(defaultSettings);
  expect(await set('retentionDays', '90')).toMatchObject({ retentionDays: 90 });
  expect(await set('retentionDays', 'none')).toMatchObject({ retentionDays: null });
  expect(await set('captures.of', 'off')).toMatchObject({ captures: defaultSettings.captures });
  expect(await set('captures.of', 'errors')).toMatchObject({ captures: { ...defaultSettings.captures, of: 'errors' } });
  expect(await set('firstByteTimeouts.local', '1800')).toMatchObject({
    firstByteTimeouts: { local: 1800, usual: 180 },
  });
  expect(await set('statusFile', 'on')).toMatchObject({ statusFile: true });
  expect(await set('lowBalance', '5.00')).toMatchObject({ lowBalance: '5.00' });
  const { out } = await run(['settings', '--home', home]);
  expect(out).toMatch(/^captures\.of +errors$/m);
  expect(out).toMatch(/^retentionDays +none$/m);
  expect(out).toMatch(/^statusFile +on$/m);
});

test.each([
  ['retentionDays', '0', '"0" is no value of the setting retentionDays: it must be at least 1.'],
  ['retentionDays', '1.5', '"1.5" is no value of the setting retentionDays: it must be a whole number.'],
  ['retentionDays', '', '"" is no value of the setting retentionDays: it must be a number.'],
  ['keptBackups', ' ', '" " is no value of the setting keptBackups: it must be a number.'],
  ['keptBackups', '0x10', '"0x10" is no value of the setting keptBackups: it must be a number.'],
  ['captures.megabytes', '1e3', '"1e3" is no value of the setting captures.megabytes: it must be a number.'],
  ['captures.of', 'some', '"some" is no value of the setting captures.of: it must be one of off, errors, all.'],
  ['statusFile', 'yes', '"yes" is no value of the setting statusFile: it must be on or off.'],
  ['captures', 'off', 'There is no setting "captures". `corvusllm settings` lists them.'],
  ['colour', 'red', 'There is no setting "colour". `corvusllm settings` lists them.'],
])('settings set %s %j is refused', async (name, value, sentence) => {
  const home = await homeWithSettings();
  const { code, error } = await run(['settings', 'set', name, value, '--home', home]);
  expect([code, error]).toEqual([2, `error: ${sentence} [bad_request]\n`]);
});

test('orders tells what became of each top-up, and where one that waits is paid', async () => {
  const order: Output<'billing.orders'>[number] = {
    object: 'order',
    id: 'ord_1',
    status: 'created',
    origin: 'customer',
    amount: '10.00',
    currency: 'USD',
    checkoutUrl: 'https://pay.example/1',
    createdAt: new Date(atMs).toISOString(),
    paidAt: null,
    takenBack: '0.00',
    failure: null,
  };
  const declined = { ...order, id: 'ord_2', status: 'failed', origin: 'auto', failure: 'card_declined' } as const;
  const { home } = await ownedHome({ 'billing.orders': async () => [order, declined] });
  const { code, out } = await run(['orders', '--home', home]);
  expect(code).toBe(0);
  expect(out).toMatch(/ord_1 +10\.00 +created +customer +0\.00 +https:\/\/pay\.example\/1$/m);
  expect(out).toMatch(/ord_2 +10\.00 +failed +auto +0\.00 +card declined$/m);
});

test('bodies shows what is kept, line by line and without control characters, and deletes it', async () => {
  const body = { bytes: 30, isCut: false };
  const removed = vi.fn<Handlers['captures.remove']>(async () => null);
  const cleared = vi.fn<Handlers['captures.clear']>(async () => null);
  const kept = vi.fn<Handlers['captures.get']>(async () => ({
    request: { ...body, text: '{"model":"m"}' },
    response: { ...body, text: 'data: one\n\ndata: \u001b[2J', isCut: true },
  }));
  const { home } = await ownedHome({
    'captures.size': async () => ({ count: 2, bytes: 60 }),
    'captures.get': kept,
    'captures.remove': removed,
    'captures.clear': cleared,
  });
  expect((await run(['bodies', '--home', home])).out).toContain('Requests with bodies: 2, 60 bytes.');
  expect((await run(['bodies', 'show', id, '--home', home])).out).toBe(
    'Sent, 30 bytes\n{"model":"m"}\n\nReceived, 30 bytes (only the beginning is kept)\ndata: one\n\ndata: ?[2J\n',
  );
  kept.mockResolvedValue(null);
  expect(await run(['bodies', 'show', id, '--home', home])).toMatchObject({ code: 1 });
  // Whether there were any is not known.
  expect((await run(['bodies', 'rm', id, '--home', home])).out).toBe('No bodies of this request are kept now.\n');
  expect(removed).toHaveBeenCalledWith({ id });
  expect(await run(['bodies', 'clear', '--home', home])).toMatchObject({ code: 0 });
  expect(cleared).toHaveBeenCalledOnce();
});

test('keys that variables hold are listed, and one of them is added and tested', async () => {
  const found = { variable: 'OPENAI_API_KEY', kind: 'openai', name: 'OpenAI', hint: '…a1b2', baseUrl: null } as const;
  const places = ['the environment of Corvus', '/home/x/.bashrc'];
  const provider: Output<'providers.add-found'> = {
    id: providerIdSchema.parse('openai'),
    kind: 'openai',
    dialects: ['openai-chat'],
    baseUrl: 'https://api.openai.com',
    isLocal: false,
    keys: [],
    proxy: { use: 'environment' },
    through: null,
    createdAtMs: 0,
    models: null,
    lastTest: null,
    balance: null,
  };
  const added = vi.fn<Handlers['providers.add-found']>(async () => provider);
  const tested = vi.fn<Handlers['providers.test']>(async () => provider);
  const { home } = await ownedHome({
    'providers.find-keys': async () => places.map((where) => ({ ...found, where })),
    'providers.add-found': added,
    'providers.test': tested,
  });
  expect((await run(['providers', 'find-keys', '--home', home])).out).toMatch(/OPENAI_API_KEY +OpenAI +…a1b2 +\/home/);
  const unclear = await run(['providers', 'add-found', 'OPENAI_API_KEY', '--home', home]);
  expect([unclear.code, unclear.error]).toEqual([
    2,
    'error: OPENAI_API_KEY is in several places: name one with --in. [bad_request]\n',
  ]);
  expect(await run(['providers', 'add-found', 'GROQ_API_KEY', '--home', home])).toMatchObject({ code: 1 });
  const done = await run(['providers', 'add-found', 'OPENAI_API_KEY', '--in', '/home/x/.bashrc', '--home', home]);
  expect([done.code, done.error]).toEqual([0, '']);
  expect(added).toHaveBeenCalledWith({ variable: 'OPENAI_API_KEY', where: '/home/x/.bashrc' });
  expect(tested).toHaveBeenCalledWith({ id: 'openai' });
  const where = ['--in', 'the environment of Corvus', '--no-test'];
  expect(await run(['providers', 'add-found', 'OPENAI_API_KEY', ...where, '--home', home])).toMatchObject({ code: 0 });
  expect([added.mock.calls.length, tested.mock.calls.length]).toEqual([2, 1]);
});

test('backups lists those that are kept, and says why the last one failed', async () => {
  const kept = [{ path: '/home/x/backups/1.db', atMs, bytes: 3 * 1024 * 1024 }];
  const { home } = await ownedHome({
    'backups.list': async () => ({ folder: '/home/x/backups', kept, problem: 'The disk is full.' }),
  });
  const { out } = await run(['backups', '--home', home]);
  expect(out).toMatch(/3\.0 MB +\/home\/x\/backups\/1\.db/);
  expect(out).toContain('The last attempt failed: The disk is full.');
});

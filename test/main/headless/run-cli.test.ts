import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { catalogue } from '#core/providers/place.ts';
import type { Handlers } from '#shared/contract/contract.ts';
import { CorvusError } from '#shared/errors.ts';
import type { StatementReport } from '#shared/account/statement-report.ts';
import type { RequestSummary } from '#shared/account/request.ts';
import { providerIdSchema, requestIdSchema, timeOrderedId } from '#shared/ids.ts';
import { ownedHome, run } from './cli-fixture.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

const balance = {
  state: 'confirmed',
  balance: '24.999975',
  held: '0.00',
  spendable: '24.999975',
  asOfMs: 1_800_000_000_000,
  isPlayMoney: true,
  isEstimate: false,
  topupUrl: null,
} as const;

test('balance asks the account itself and prints the exact figures', async () => {
  const getBalance = vi.fn<Handlers['balance.get']>(async () => balance);
  const day = { fromMs: 0, prepaid: '0.50', byokEstimate: '0.00', requests: 2, unpriced: 0 };
  const forecast = {
    pace: { lastHours: '0.25', perDay: '0.50', days: 4 },
    lasts: { shortestDays: 40, likelyDays: 50, longestDays: null },
  };
  const spend: Handlers['balance.spend'] = async () => ({ today: day, month: day, ...forecast });
  const { home } = await ownedHome({ 'balance.get': getBalance, 'balance.spend': spend });
  const json = await run(['balance', '--json', '--home', home]);
  expect(json).toMatchObject({ code: 0, error: '' });
  expect(JSON.parse(json.out)).toEqual({ ...balance, forecast });
  expect(getBalance).toHaveBeenCalledWith({ refresh: true });
  const text = await run(['--home', home, 'balance']);
  expect(text.out).toContain('24.999975 USD of play money');
  expect(text.out).toMatch(/Lasts +about 50 days, ends on \d{4}-\d\d-\d\d or later/);
  expect(text.out).toMatch(/Pace +0\.50 USD a day over 4 days, 0\.25 USD in the last 3 hours/);
});

test('verify exits with 1 at a faulty line, names it and says what to do', async () => {
  const fits: StatementReport = {
    status: 'ok',
    lines: 4,
    provenLines: 4,
    receipts: 3,
    firstFault: null,
    formerLines: [],
  };
  const fault = { sequence: 3, requestId: null, rule: 'hash', text: 'Line 3 was changed.' } as const;
  const verify = vi.fn<Handlers['account.verify']>(async () => fits);
  const takeOver = vi.fn<Handlers['account.take-over-statement']>(async () => fits);
  const { home } = await ownedHome({ 'account.verify': verify, 'account.take-over-statement': takeOver });
  const good = await run(['verify', '--home', home]);
  expect(good).toMatchObject({ code: 0, error: '' });
  expect(good.out).toContain('The statement is unchanged.');
  expect(verify).toHaveBeenCalledWith({ fromStart: true });
  verify.mockResolvedValue({ ...fits, status: 'fault', firstFault: fault });
  const bad = await run(['verify', '--home', home]);
  expect(bad.code).toBe(1);
  expect(bad.out).toContain('Line 3 was changed. [hash]');
  expect(bad.out).toContain('--take-over');
  const json = await run(['verify', '--home', home, '--json']);
  expect(json.code).toBe(1);
  expect(JSON.parse(json.out)).toMatchObject({ firstFault: fault });
  expect(await run(['verify', '--take-over', '--home', home])).toMatchObject({ code: 0 });
  expect(takeOver).toHaveBeenCalledOnce();
});

test('requests prints names from upstreams and tools without control characters, and counts calls without a valid key (F15, F23)', async () => {
  const name = `\u001b]0;title\u0007\u001b[2J\u009b31mred\u202e\n${'x'.repeat(5_000)}`;
  const id = requestIdSchema.parse(timeOrderedId('req', 1_800_000_000_000, new Uint8Array(10)));
  const row: RequestSummary = {
    id,
    createdAtMs: 1_800_000_000_000,
    localKeyId: null,
    localKeyLabel: null,
    dialect: 'openai-chat',
    modelRequested: 'gpt-5.5',
    modelServed: name,
    lane: 'byok',
    provider: 'own',
    status: 'completed',
    httpStatus: 200,
    refusedBy: null,
    errorCode: null,
    isStream: false,
    inputTokens: 1,
    outputTokens: 1,
    usageSource: 'provider',
    cost: null,
    costKind: 'unknown',
    totalMs: 1,
    match: null,
    tool: null,
    project: null,
    session: null,
    agent: null,
    tags: {},
    envelopeIds: [],
  };
  const kind = {
    errorCode: 'invalid_api_key',
    httpStatus: 401,
    endpoint: '/v1/models',
    userAgent: name.slice(0, 40),
    count: 1234,
  };
  const refused = { total: 1234, kinds: [{ ...kind, firstAtMs: 1_800_000_000_000, lastAtMs: 1_800_000_000_000 }] };
  const { home } = await ownedHome({
    'requests.list': async () => ({ rows: [row], nextCursor: null }),
    'requests.refusals': async () => refused,
  });
  const text = await run(['requests', '--home', home]);
  // oxlint-disable-next-line no-control-regex -- these are what must not be there.
  const controls = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;
  expect(text.out).not.toMatch(controls);
  expect(text.out.length).toBeLessThan(2_000);
  expect(text.out).toContain('1,234 calls were refused without a valid key or a known path, or about a stored answer');
  expect(text.out).toContain('invalid_api_key at /v1/models.');
  const json = await run(['requests', '--json', '--home', home]);
  expect(json.out).not.toMatch(controls);
  expect(JSON.parse(json.out)).toEqual({ rows: [row], nextCursor: null, refused });
});

test('a refusal is one line on standard error, and a document with --json', async () => {
  const remove = async () => {
    throw new CorvusError('not_found', 'There is no envelope "env_x".');
  };
  const { home } = await ownedHome({ 'envelopes.remove': remove });
  const text = await run(['envelopes', 'rm', 'env_x', '--home', home]);
  expect(text).toEqual({ code: 1, out: '', error: 'error: There is no envelope "env_x". [not_found]\n' });
  const json = await run(['envelopes', 'rm', 'env_x', '--home', home, '--json']);
  expect(json.code).toBe(1);
  expect(JSON.parse(json.out)).toEqual({ error: { code: 'not_found', message: 'There is no envelope "env_x".' } });
  // The one who asks for a document here is the command that would be started.
  expect(await run(['run', '--home', await temporaryHome(), '--', 'claude', '--json'])).toMatchObject({
    code: 3,
    out: '',
  });
});

const providerKey = (hint: string) => ({
  name: 'main',
  hint,
  isReadable: true,
  priority: 0,
  weight: 1,
  health: { coolingUntilMs: null, lastFailure: null },
});

test('a provider is added with the key from standard input', async () => {
  const add = vi.fn<Handlers['providers.add']>(async ({ id, kind, baseUrl }) => ({
    id,
    kind,
    dialects: ['openai-chat'],
    baseUrl: baseUrl ?? '',
    isLocal: false,
    keys: [providerKey('last')],
    proxy: { use: 'environment' as const },
    through: null,
    createdAtMs: 0,
    models: ['m'],
    lastTest: null,
    balance: null,
  }));
  const { home } = await ownedHome({ 'providers.add': add });
  const parameters = [
    'providers',
    'add',
    '--id',
    'mine',
    '--dialect',
    'openai-chat',
    '--base-url',
    'https://api.example/v1',
    '--home',
    home,
  ];
  const added = await run([...parameters, '--key-stdin', '--no-test'], 'sk-from-stdin\n');
  expect(added).toMatchObject({ code: 0, error: '' });
  expect(add).toHaveBeenCalledWith({
    id: 'mine',
    kind: 'custom',
    baseUrl: 'https://api.example/v1',
    custom: { dialects: ['openai-chat'], isLocal: false },
    key: 'sk-from-stdin',
  });
  expect(added.out).not.toContain('sk-from-stdin');
  await run([...parameters, '--local']);
  expect(add).toHaveBeenLastCalledWith(
    expect.objectContaining({ custom: { dialects: ['openai-chat'], isLocal: true }, key: null }),
  );
  expect(await run([...parameters, '--key-stdin'], ' \n')).toMatchObject({
    code: 2,
    error: expect.stringContaining('[bad_request]'),
  });
});

test('a known provider needs its kind and key only; kinds, servers and balances are listed', async () => {
  const added = {
    id: providerIdSchema.parse('deepseek'),
    kind: 'deepseek',
    dialects: ['openai-chat' as const],
    baseUrl: 'https://api.deepseek.com',
    isLocal: false,
    keys: [providerKey('…last')],
    proxy: { use: 'environment' as const },
    through: null,
    createdAtMs: 0,
    models: null,
    lastTest: null,
    balance: { left: { amount: '50.00', currency: 'CNY' }, asOfMs: 1_800_000_000_000, problem: null },
  };
  const add = vi.fn<Handlers['providers.add']>(async () => added);
  const { home } = await ownedHome({
    'providers.add': add,
    'providers.catalogue': async () => catalogue(),
    'providers.discover': async () => [
      { kind: 'ollama', name: 'Ollama', baseUrl: 'http://127.0.0.1:11434', models: null },
    ],
    'providers.refresh-balances': async () => [added, { ...added, balance: null }],
  });
  const say = async (...parameters: string[]) =>
    (await run(['providers', ...parameters, '--home', home], 'sk-from-stdin\n')).out;
  expect(await say('add', '--kind', 'deepseek', '--key-stdin', '--no-test')).toMatch(
    /deepseek +deepseek +openai-chat +https:\/\/api\.deepseek\.com +…last/,
  );
  expect(add).toHaveBeenCalledWith({
    id: 'deepseek',
    kind: 'deepseek',
    baseUrl: null,
    custom: null,
    key: 'sk-from-stdin',
  });
  expect(await say('kinds')).toMatch(
    /azure +Azure OpenAI +openai-chat, openai-responses +your own: --base-url +https:\/\/portal\.azure\.com\//,
  );
  expect(await say('discover')).toMatch(/ollama +http:\/\/127\.0\.0\.1:11434 +-/);
  expect((await say('balances')).split('\n').filter((line) => line.includes('deepseek'))).toEqual([
    expect.stringMatching(/50\.00 +CNY/),
  ]);
});

test('an owner of another version leads to advice, not to a stack', async () => {
  const { home } = await ownedHome({ 'balance.get': async () => ({ ...balance, novelty: 1 }) });
  expect(await run(['balance', '--home', home])).toMatchObject({
    code: 1,
    out: '',
    error: expect.stringMatching(/^error: .*Restart Corvus.* \[internal_error\]\n$/),
  });
});

test.each<[string[], RegExp]>([
  [['nonsense'], /unknown command/i],
  [['balance', '--nonsense'], /unknown option/i],
  [['serve', '--port', '70000'], /whole number/],
  [['requests', '--limit', '0'], /whole number/],
  [['providers', 'add', '--id', 'a', '--dialect', 'cobol', '--base-url', 'https://x'], /dialect/],
  [['keys', 'add'], /label/],
  [['account', 'connect'], /key-stdin/],
])('usage: %j exits with 2 and one line', async (parameters, sentence) => {
  const { code, out, error } = await run(parameters);
  expect(code).toBe(2);
  expect(out).toBe('');
  expect(error).toMatch(sentence);
  expect(error).toMatch(/^error: .* \[bad_request\]\n$/);
  const json = await run([...parameters, '--json']);
  expect(JSON.parse(json.out)).toMatchObject({ error: { code: 'bad_request' } });
});

test('status and dashboard exit with 3 when Corvus is not running, and create nothing', async () => {
  const home = join(await temporaryHome(), 'not-there');
  for (const command of ['status', 'dashboard']) {
    const json = await run([command, '--home', home, '--json']);
    expect(json).toMatchObject({ code: 3, error: '' });
    expect(JSON.parse(json.out)).toEqual({ running: false, homePath: home });
    expect((await run([command, '--home', home])).out).toContain('not running');
  }
});

test('status of a running owner carries a login link that works once', async () => {
  const status = {
    version: '1.2.3',
    gatewayUrl: 'http://127.0.0.1:1',
    ollama: null,
    homePath: '/home/ada/data',
    startedAtMs: 0,
    pid: 1,
    mode: 'sandbox',
    secretBackend: 'key file',
    notices: [{ id: 'n', level: 'warning', title: 'Low', text: 'Top up' }],
  } as const;
  const { home, port } = await ownedHome({ 'app.status': async () => ({ ...status, notices: [...status.notices] }) });
  const printed = JSON.parse((await run(['status', '--json', '--home', home])).out);
  expect(printed).toMatchObject({ running: true, ...status });
  const { origin, hash } = new URL(printed.dashboard);
  expect(origin).toBe(`http://127.0.0.1:${port}`);
  const logIn = () =>
    fetch(`${origin}/api/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code: hash.replace('#login=', '') }),
    });
  expect((await logIn()).status).toBe(200);
  expect((await logIn()).status).toBe(401);
  const text = await run(['status', '--home', home]);
  expect(text.out).toContain('warning: Low. Top up');
});

test('names from an upstream cannot send control characters to the terminal', async () => {
  const models = [
    { slug: '\u001b[2Jevil\u202e', name: '', lane: null, provider: null, dialects: [], price: null, priceOrigin: null },
  ];
  const { home } = await ownedHome({ 'models.list': async () => ({ catalogueVersion: '1', models }) });
  const { out } = await run(['models', '--home', home]);
  expect(out).toContain('?[2Jevil?');
  expect(out.trimEnd().replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
});

test('version needs no data folder', async () => {
  const { version, node } = JSON.parse((await run(['version', '--json'])).out);
  expect(version).toMatch(/^\d+\.\d+\.\d+/);
  expect(node).toBe(process.versions.node);
});

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { contract, type CallName } from '#shared/contract/contract.ts';
import { defaultSettings } from '#shared/contract/settings.ts';
import { localKeyIdSchema, providerIdSchema } from '#shared/ids.ts';
import { anyUsage, noFilter } from '#shared/contract/no-filter.ts';
import { nanoUsd } from '#shared/money.ts';
import { eventually } from '../support/eventually.ts';
import { startTestBackend } from '../support/start-test-backend.ts';
import { begun, finished, openTestStore } from '../support/store-fixture.ts';
import { startServices } from '../support/services-fixture.ts';

const openai = providerIdSchema.parse('openai');
async function secretsOf({ providers }: Awaited<ReturnType<typeof startServices>>): Promise<string[]> {
  const [record] = providers.current();
  return record ? (await providers.credentials(record)).map(({ secret }) => secret) : [];
}

const newProvider = (baseUrl: string, key: string | null = 'sk-provider-secret-1234') => ({
  id: openai,
  kind: 'custom',
  baseUrl,
  custom: { dialects: ['openai-chat' as const], isLocal: false },
  key,
});

/** A provider that lists models for one key. */
async function startProvider(key: string): Promise<string> {
  const server = createServer((request, response) => {
    const isAllowed = request.headers.authorization === `Bearer ${key}` && request.url === '/v1/models';
    response.writeHead(isAllowed ? 200 : 401, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify(
        isAllowed
          ? { object: 'list', data: [{ id: 'gpt-5.5' }, { id: 'private-model' }] }
          : { error: { message: 'no' } },
      ),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const usage = { by: 'lane', filter: anyUsage, sort: 'cost', limit: 10 } as const;

test('in the sandbox every query answers as the contract declares', async () => {
  await using backend = await startTestBackend();
  await using services = await startServices({ sandbox: backend });
  const { handlers } = services;
  await handlers['balance.get']({ refresh: true });
  const replies: [CallName, unknown][] = [
    ['app.status', await handlers['app.status'](undefined)],
    ['balance.get', await handlers['balance.get']({ refresh: false })],
    ['balance.spend', await handlers['balance.spend']({ timeZone: 'Europe/Berlin' })],
    ['usage.report', await handlers['usage.report']({ ...usage, timeZone: 'Asia/Kolkata', range: '90d' })],
    ['requests.sum', await handlers['requests.sum']({ filter: noFilter })],
    ['requests.list', await handlers['requests.list']({ filter: noFilter, cursor: null, limit: 10 })],
    ['models.list', await handlers['models.list'](undefined)],
    ['account.get', await handlers['account.get'](undefined)],
    ['billing.orders', await handlers['billing.orders'](undefined)],
    ['billing.ledger', await handlers['billing.ledger']({ cursor: null, limit: 10 })],
    ['settings.get', await handlers['settings.get'](undefined)],
    ['keys.list', await handlers['keys.list'](undefined)],
    ['providers.catalogue', await handlers['providers.catalogue'](undefined)],
    ['providers.discover', await handlers['providers.discover'](undefined)],
    ['providers.refresh-balances', await handlers['providers.refresh-balances'](undefined)],
  ];
  for (const [name, reply] of replies)
    expect(contract[name].output.safeParse(reply), name).toMatchObject({ success: true });
  expect(await handlers['balance.get']({ refresh: false })).toMatchObject({
    state: 'confirmed',
    isPlayMoney: true,
    isEstimate: false,
  });
  expect(await handlers['account.get'](undefined)).toMatchObject({
    mode: 'sandbox',
    hasAccountApi: true,
    seesStatement: true,
    autoTopup: null,
    problem: null,
  });
  await eventually(async () => {
    const { models } = await handlers['models.list'](undefined);
    expect(models.find(({ slug }) => slug === 'corvus/echo')).toMatchObject({ lane: 'prepaid', provider: 'account' });
  });
});

test('a local key is shown once, stored as a hash, looked up by the gateway, and revoked', async () => {
  await using services = await startServices();
  const { handlers, ring } = services;
  const { key, secret } = await handlers['keys.create']({ label: 'editor', route: 'auto' });
  expect(secret).toMatch(/^sk-local-[A-Za-z0-9_-]{43}$/);
  expect(key.hint).toBe(`sk-local-…${secret.slice(-4)}`);
  expect(JSON.stringify(await services.opened.store.localKeys.list())).not.toContain(secret);
  expect(ring.keys).toMatchObject([{ id: key.id, isRevoked: false }]);
  const revoked = await handlers['keys.revoke']({ id: key.id });
  expect(revoked.revokedAtMs).not.toBeNull();
  expect((await handlers['keys.revoke']({ id: key.id })).revokedAtMs).toBe(revoked.revokedAtMs);
  expect(ring.keys).toMatchObject([{ isRevoked: true }]);
  await expect(handlers['keys.revoke']({ id: localKeyIdSchema.parse('unknown') })).rejects.toMatchObject({
    code: 'not_found',
  });
  await expect(handlers['keys.create']({ label: 'a', route: 'provider:unknown' })).rejects.toMatchObject({
    code: 'not_found',
  });
});

test('the quick-start key is created once and read again, until it is revoked', async () => {
  await using services = await startServices();
  const secret = await services.keys.quickStartKey();
  expect(await services.keys.quickStartKey()).toBe(secret);
  const [key] = await services.handlers['keys.list'](undefined);
  await services.handlers['keys.revoke']({ id: key?.id ?? localKeyIdSchema.parse('none') });
  expect(await services.keys.quickStartKey()).not.toBe(secret);
});

test('a provider is added, tested, offered as models, and removed with its key', async () => {
  const baseUrl = await startProvider('sk-provider-secret-1234');
  await using services = await startServices();
  const { handlers, secrets } = services;
  const added = await handlers['providers.add'](newProvider(baseUrl));
  expect(added).toMatchObject({
    keys: [{ name: 'main', hint: '…1234', isReadable: true }],
    models: null,
    lastTest: null,
  });
  await expect(handlers['providers.add'](newProvider(baseUrl))).rejects.toMatchObject({ code: 'conflict' });
  expect(await handlers['providers.test']({ id: openai })).toMatchObject({
    models: ['gpt-5.5', 'private-model'],
    lastTest: { ok: true, message: '2 models' },
  });
  const { models } = await handlers['models.list'](undefined);
  expect(models.find(({ slug }) => slug === 'private-model')).toMatchObject({
    lane: 'byok',
    provider: 'openai',
    dialects: ['openai-chat'],
    price: null,
  });

  const same = { id: openai, name: 'main', priority: null, weight: null };
  const changed = await handlers['providers.change-key']({ ...same, key: 'sk-another-key-9999' });
  expect(changed.keys).toMatchObject([{ hint: '…9999', priority: 0, weight: 1 }]);
  expect(await secretsOf(services)).toEqual(['sk-another-key-9999']);
  expect(await handlers['providers.test']({ id: openai })).toMatchObject({
    models: ['gpt-5.5', 'private-model'],
    lastTest: { ok: false, message: expect.stringContaining('refused the key') },
  });
  await handlers['providers.remove']({ id: openai });
  expect([await handlers['providers.list'](undefined), secrets.size]).toEqual([[], 0]);
  expect(JSON.stringify(services.events)).not.toMatch(/sk-provider-secret|sk-another-key/);
});

test('a test also requests the balance of the provider, shows it, and reports it to every page', async () => {
  const server = createServer((request, response) => {
    const bodies: Record<string, string> = {
      '/v1/models': '{"data":[{"id":"m"}]}',
      '/v1/credits': '{"balance":"95.50"}',
    };
    response.writeHead(200, { 'content-type': 'application/json' }).end(bodies[request.url ?? '']);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await using services = await startServices();
  const { handlers, events } = services;
  const added = await handlers['providers.add']({
    id: openai,
    kind: 'vercel',
    baseUrl,
    custom: null,
    key: 'sk-provider-secret-1234',
  });
  expect(added).toMatchObject({
    kind: 'vercel',
    dialects: ['openai-chat', 'openai-responses', 'anthropic-messages'],
    balance: null,
  });
  events.length = 0;
  const left = { amount: '95.50', currency: 'USD' };
  expect(await handlers['providers.refresh-balances'](undefined)).toMatchObject([{ balance: { left, problem: null } }]);
  expect(events).toEqual([{ name: 'providers.changed', payload: { ids: ['openai'] } }]);
  await handlers['providers.refresh-balances'](undefined);
  expect(events).toHaveLength(1);
  await handlers['providers.change-key']({
    id: openai,
    name: 'main',
    key: 'sk-another-key-9999',
    priority: null,
    weight: null,
  });
  expect(await handlers['providers.list'](undefined)).toMatchObject([{ balance: null }]);
  expect(await handlers['providers.test']({ id: openai })).toMatchObject({ lastTest: { ok: true }, balance: { left } });
});

test('a provider that does not answer, or points back here, is refused with a sentence', async () => {
  await using services = await startServices();
  const { handlers } = services;
  await expect(handlers['providers.add'](newProvider('http://127.0.0.1:4477/v1'))).rejects.toMatchObject({
    code: 'proxy_loop',
  });
  await handlers['providers.add'](newProvider('http://127.0.0.1:1/v1'));
  expect((await handlers['providers.test']({ id: openai })).lastTest).toMatchObject({
    ok: false,
    message: expect.stringContaining('Nothing is listening at 127.0.0.1:1.'),
  });
});

test('a key that can no longer be decrypted is reported, and the provider stays', async () => {
  await using opened = await openTestStore();
  await using before = await startServices({ opened });
  await before.handlers['providers.add'](newProvider('https://api.openai.com/v1'));
  await using after = await startServices({ opened, secrets: new Map([['provider.openai.main', 'unreadable']]) });
  expect(await after.handlers['providers.list'](undefined)).toMatchObject([
    { id: 'openai', keys: [{ name: 'main', isReadable: false }] },
  ]);
  await expect(secretsOf(after)).rejects.toMatchObject({ code: 'secret_unreadable' });
});

test('a provider has several keys, each with its secret, in the order in which they are used', async () => {
  await using services = await startServices();
  const { handlers, secrets } = services;
  await handlers['providers.add'](newProvider('https://api.openai.com/v1'));
  const more = { id: openai, key: 'sk-second-key-2222', priority: 0, weight: 3 };
  // Both at once: neither is lost.
  await Promise.all([
    handlers['providers.add-key']({ ...more, name: 'second' }),
    handlers['providers.add-key']({ ...more, name: 'spare', key: 'sk-spare-key-3333', priority: 1 }),
  ]);
  await expect(handlers['providers.add-key']({ ...more, name: 'second' })).rejects.toMatchObject({ code: 'conflict' });
  expect(await secretsOf(services)).toEqual(['sk-second-key-2222', 'sk-provider-secret-1234', 'sk-spare-key-3333']);
  const moved = await handlers['providers.change-key']({
    id: openai,
    name: 'spare',
    key: null,
    priority: 0,
    weight: 9,
  });
  expect(moved.keys.map(({ name, hint, priority, weight }) => [name, hint, priority, weight])).toEqual([
    ['spare', '…3333', 0, 9],
    ['second', '…2222', 0, 3],
    ['main', '…1234', 0, 1],
  ]);
  expect((await handlers['providers.remove-key']({ id: openai, name: 'main' })).keys.map(({ name }) => name)).toEqual([
    'spare',
    'second',
  ]);
  await expect(handlers['providers.remove-key']({ id: openai, name: 'main' })).rejects.toMatchObject({
    code: 'not_found',
  });
  expect([...secrets.keys()].sort()).toEqual(['provider.openai.second', 'provider.openai.spare']);
  await handlers['providers.remove']({ id: openai });
  expect(secrets.size).toBe(0);
});

test('settings change one by one and are stored', async () => {
  await using opened = await openTestStore();
  {
    await using services = await startServices({ opened });
    await services.handlers['settings.set']({ theme: 'dark' });
    expect(await services.handlers['settings.set']({ lowBalance: null, closeToTray: undefined })).toEqual({
      ...defaultSettings,
      theme: 'dark',
      lowBalance: null,
    });
    await expect(services.handlers['settings.set']({ lowBalance: '-1.00' })).rejects.toMatchObject({
      code: 'bad_request',
    });
  }
  await using services = await startServices({ opened });
  expect(await services.handlers['settings.get'](undefined)).toMatchObject({ theme: 'dark', lowBalance: null });
});

test('connecting checks the key first, keeps it in the secret store only, and survives a restart', async () => {
  await using backend = await startTestBackend();
  await using opened = await openTestStore();
  const secrets = new Map<string, string>();
  {
    await using services = await startServices({ opened, secrets });
    const { handlers } = services;
    expect(await handlers['balance.get']({ refresh: true })).toEqual({ state: 'none' });
    await expect(
      handlers['account.connect']({ baseUrl: backend.baseUrl, customerKey: 'sk-corvus-wrong' }),
    ).rejects.toMatchObject({
      code: 'invalid_api_key',
    });
    expect([await handlers['account.get'](undefined), secrets.size]).toEqual([
      {
        mode: 'none',
        baseUrl: null,
        keyHint: null,
        hasAccountApi: null,
        seesStatement: null,
        autoTopup: null,
        problem: null,
      },
      0,
    ]);
    await handlers['account.connect']({ baseUrl: `${backend.baseUrl}/v1/`, customerKey: backend.customerKey });
    expect(await handlers['account.get'](undefined)).toMatchObject({ mode: 'hosted', baseUrl: backend.baseUrl });
    expect(await handlers['balance.get']({ refresh: true })).toMatchObject({ state: 'confirmed' });
    expect(JSON.stringify(services.events)).not.toContain(backend.customerKey);
  }
  await using services = await startServices({ opened, secrets });
  // The figures of the last run are there before the service answers.
  expect((await services.handlers['balance.get']({ refresh: false })).state).toMatch(/stale|confirmed/);
  await services.handlers['account.disconnect'](undefined);
  expect([await services.handlers['balance.get']({ refresh: true }), secrets.size]).toEqual([{ state: 'none' }, 0]);
});

test('requests of the sandbox are never settled by another account', async () => {
  await using sandbox = await startTestBackend();
  await using hosted = await startTestBackend();
  await using services = await startServices({ sandbox });
  const { store } = services.opened;
  const request = begun({ createdAtMs: Date.now() - 1 });
  store.requests.begin(request);
  store.requests.finish(finished(request.id));
  await services.handlers['account.connect']({ baseUrl: hosted.baseUrl, customerKey: hosted.customerKey });
  await services.account.refresh();
  expect(await store.requests.get(request.id)).toMatchObject({ costKind: 'pending', settledCost: null });
});

test('a top-up opens its checkout; amounts beyond the limits are refused before anything is sent', async () => {
  await using backend = await startTestBackend();
  await using services = await startServices({ sandbox: backend });
  const { handlers } = services;
  await handlers['balance.get']({ refresh: true });
  await expect(handlers['billing.topup']({ amount: '2.99' })).rejects.toMatchObject({ code: 'bad_request' });
  const order = await handlers['billing.topup']({ amount: '5.00' });
  expect(await handlers['billing.open-checkout']({ orderId: order.id })).toEqual({ url: order.checkoutUrl });
  expect(services.openedUrls).toEqual([order.checkoutUrl]);
  expect((await handlers['billing.orders'](undefined)).map(({ id }) => id)).toContain(order.id);
  await expect(handlers['billing.open-checkout']({ orderId: 'nothing' })).rejects.toMatchObject({ code: 'not_found' });
});

test('spend, series and forecast count lanes apart and unpriced requests beside the sums', async () => {
  await using backend = await startTestBackend();
  await using services = await startServices({ sandbox: backend });
  const { handlers, opened } = services;
  await handlers['balance.get']({ refresh: true });
  const costs = [
    ['prepaid', 70_000_000n],
    ['byok', 5n],
    ['byok', null],
    ['local', 0n],
  ] as const;
  for (const [lane, cost] of costs) {
    const request = begun({ lane, provider: lane, createdAtMs: Date.now() });
    opened.store.requests.begin(request);
    opened.store.requests.finish(
      finished(request.id, { lane, provider: lane, meteredCostNanoUsd: cost === null ? null : nanoUsd(cost) }),
    );
  }
  const spend = await handlers['balance.spend']({ timeZone: 'Pacific/Kiritimati' });
  expect(spend.today).toMatchObject({ prepaid: '0.07', byokEstimate: '0.000000005', requests: 4, unpriced: 1 });
  expect(spend.month).toMatchObject({ ...spend.today, fromMs: expect.any(Number) });
  // One day of history is too little to tell what a day costs.
  expect(spend).toMatchObject({ pace: { lastHours: '0.07', perDay: null, days: 1 }, lasts: null });
  const { rows } = await handlers['usage.report']({ ...usage, timeZone: 'Pacific/Kiritimati', range: '24h' });
  expect(rows.map(({ value, sums }) => [value, sums.cost, sums.requests])).toEqual([
    ['prepaid', '0.07', 1],
    ['byok', '0.000000005', 2],
    ['local', '0.00', 1],
  ]);
  await expect(handlers['balance.spend']({ timeZone: 'Nowhere' })).rejects.toMatchObject({ code: 'bad_request' });
});

import { expect, onTestFinished, test } from 'vitest';
import { placeOf } from '#core/providers/place.ts';
import { adapterFor, knownProviders } from '#core/providers/known-providers.ts';
import { createProviderBalances } from '#core/providers/provider-balances.ts';
import type { ProviderRecord } from '#core/store/records.ts';
import { providerBalanceSchema } from '#shared/domain/provider.ts';
import { providerIdSchema } from '#shared/ids.ts';
import { type MockUpstream, startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { directNetwork } from '../../support/direct-network.ts';
import { createSend } from '#proxy/upstream/send.ts';
import { createTestClock } from '../../support/test-clock.ts';

const id = providerIdSchema.parse('p');
const usd = (amount: string) => ({ amount, currency: 'USD' });
const cny = (amount: string) => ({ amount, currency: 'CNY' });

const key = (limit: number | null) => ({ data: { label: 'k', limit, limit_remaining: limit, usage: 1 } });
const deepSeek = (...lines: [string, string][]) => ({
  is_available: true,
  balance_infos: lines.map(([currency, total]) => ({
    currency,
    total_balance: total,
    granted_balance: '0.00',
    topped_up_balance: total,
  })),
});
const moonshot = (available: number) => ({
  code: 0,
  data: { available_balance: available, voucher_balance: 46.58893, cash_balance: -3 },
});

test.each([
  ['openrouter', 0, { data: { total_credits: 100.5, total_usage: 25.75 } }, usd('74.75')],
  ['openrouter', 0, { data: { total_credits: 10, total_usage: 0.1234567890123 } }, usd('9.876543211')],
  ['openrouter', 0, { data: { total_credits: 1, total_usage: 1.0000001 } }, null],
  ['openrouter', 1, key(35), usd('35.00')],
  ['openrouter', 1, key(null), null],
  ['deepseek', 0, deepSeek(['USD', '50.00']), usd('50.00')],
  ['deepseek', 0, deepSeek(['CNY', '0.00'], ['USD', '1.5']), usd('1.50')],
  ['deepseek', 0, deepSeek(['CNY', '110.00'], ['USD', '0.00']), cny('110.00')],
  ['deepseek', 0, deepSeek(['CNY', '0.00'], ['USD', '0.00']), cny('0.00')],
  ['deepseek', 0, deepSeek(['USD', '-0.12']), null],
  ['deepseek', 0, deepSeek(['points', '5.00']), null],
  ['deepseek', 0, deepSeek(), null],
  ['moonshot', 0, moonshot(49.58894), usd('49.58894')],
  ['moonshot', 0, moonshot(-0.5), null],
  ['vercel', 0, { balance: '95.50', total_used: '4.50' }, usd('95.50')],
  ['vercel', 0, { balance: '100000000', total_used: '0' }, null],
  ['vercel', 0, { balance: 'unlimited' }, null],
  ['vercel', 0, { balance: 1e-7 }, null],
])('%s, question %i: %j', (kind, question, reply, amount) => {
  expect(adapterFor(kind)?.balance?.[question]?.read(reply, 'api.example')).toEqual(amount);
});

test('the currency of Moonshot depends on its country', () => {
  expect(adapterFor('moonshot')?.balance?.[0]?.read(moonshot(49.58894), 'api.moonshot.cn')).toEqual(cny('49.58894'));
});

test('no reply of another shape is read as money', () => {
  for (const { kind, balance = [] } of knownProviders) {
    for (const { read } of balance) {
      for (const reply of [
        undefined,
        null,
        1,
        'text',
        [],
        {},
        { data: null },
        { data: [] },
        { balance: {} },
        { balance_infos: [null] },
      ]) {
        expect(read(reply, 'api.example'), kind).toBeNull();
      }
    }
  }
});

async function start(kind: string) {
  const upstream = await startMockUpstream();
  onTestFinished(() => upstream.close());
  const clock = createTestClock();
  const place = placeOf({ kind, baseUrl: upstream.origin, custom: null });
  const record: ProviderRecord = {
    id,
    ...place,
    proxy: { use: 'environment' },
    keys: [],
    createdAtMs: 0,
    models: null,
    lastTest: null,
  };
  let secret: string | null = 'sk-its-key';
  const balances = createProviderBalances({
    clock,
    send: createSend(directNetwork()),
    readKey: async () => secret,
    proxyOf: async () => ({ use: 'environment' }),
  });
  const refresh = async (hasChanged = false) => {
    const hasMessages = await balances.refresh(record, hasChanged);
    const balance = balances.of(id);
    if (balance) expect(providerBalanceSchema.safeParse(balance)).toMatchObject({ success: true });
    return { hasMessages, balance };
  };
  return { upstream, clock, balances, refresh, removeKey: () => void (secret = null) };
}

const answer = (upstream: MockUpstream, status: number, body: unknown) =>
  upstream.script({ status, body: JSON.stringify(body) });

test('a provider is asked with its key, and not again for a few minutes unless something changed', async () => {
  const { upstream, clock, refresh } = await start('deepseek');
  answer(upstream, 200, deepSeek(['USD', '50.00']));
  expect(await refresh()).toEqual({
    hasMessages: true,
    balance: { left: usd('50.00'), asOfMs: 1_000_000, problem: null },
  });
  expect(upstream.received[0]).toMatchObject({
    path: '/user/balance',
    headers: { authorization: 'Bearer sk-its-key' },
  });
  clock.advance(60_000);
  expect((await refresh()).hasMessages).toBe(false);
  expect(upstream.received).toHaveLength(1);
  answer(upstream, 200, deepSeek(['USD', '49.00']));
  expect((await refresh(true)).balance?.left).toEqual(usd('49.00'));
  clock.advance(180_000);
  answer(upstream, 200, deepSeek(['USD', '48.00']));
  expect(await refresh()).toEqual({
    hasMessages: true,
    balance: { left: usd('48.00'), asOfMs: 1_240_000, problem: null },
  });
});

test('an amount survives a network failure, with its age, but not the provider’s own refusal', async () => {
  const { upstream, clock, refresh } = await start('vercel');
  answer(upstream, 200, { balance: '95.50' });
  await refresh();
  clock.advance(200_000);
  answer(upstream, 503, {});
  expect((await refresh()).balance).toEqual({
    left: usd('95.50'),
    asOfMs: 1_000_000,
    problem: expect.stringMatching(/has an outage or an internal error/),
  });
  clock.advance(200_000);
  answer(upstream, 401, {});
  expect((await refresh()).balance).toEqual({
    left: null,
    asOfMs: 1_400_000,
    problem: expect.stringMatching(/refused the key/),
  });
});

test('the second question counts where the first is refused', async () => {
  const { upstream, refresh } = await start('openrouter');
  answer(upstream, 403, { error: { message: 'Only management keys can fetch credits', code: 403 } });
  answer(upstream, 200, key(35));
  expect((await refresh()).balance).toMatchObject({ left: usd('35.00'), problem: null });
  expect(upstream.received.map(({ path }) => path)).toEqual(['/api/v1/credits', '/api/v1/key']);
});

test('an unknown balance stays unknown', async () => {
  const unlimited = await start('openrouter');
  answer(unlimited.upstream, 403, {});
  answer(unlimited.upstream, 200, key(null));
  expect((await unlimited.refresh()).balance).toMatchObject({
    left: null,
    problem: 'OpenRouter reports no balance for this key.',
  });
  const debt = await start('moonshot');
  answer(debt.upstream, 200, moonshot(-0.5));
  expect((await debt.refresh()).balance).toEqual({
    left: null,
    asOfMs: 1_000_000,
    problem: 'Moonshot AI reports no balance for this key.',
  });
  const silent = await start('openai');
  expect(await silent.refresh(true)).toEqual({ hasMessages: false, balance: null });
  const keyless = await start('vercel');
  keyless.removeKey();
  expect((await keyless.refresh()).balance).toBeNull();
  expect([silent, keyless].flatMap(({ upstream }) => upstream.received)).toEqual([]);
});

test('an answer for a provider that was removed meanwhile is dropped', async () => {
  const { upstream, balances, refresh } = await start('vercel');
  upstream.script({ body: '{"balance":"1.00"}', beforePiece: async () => balances.forget(id) });
  expect(await refresh()).toEqual({ hasMessages: false, balance: null });
});

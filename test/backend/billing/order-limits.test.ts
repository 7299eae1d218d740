import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { type PaidService, startPaidService } from '../../support/start-paid-service.ts';

let paid: PaidService;
const hourMs = 3_600_000;

afterEach(async () => {
  expect(await paid.service.backend.verify()).toEqual([]);
  await paid[Symbol.asyncDispose]();
});

const order = () => paid.service.call('/v1/account/topups', { body: { amount: '5.00' } });
const statuses = async (count: number): Promise<number[]> =>
  (await Promise.all(Array.from({ length: count }, order))).map(({ status }) => status);
const countOf = (list: readonly number[], status: number): number => list.filter((one) => one === status).length;

test('of 40 orders at once, an account opens 20, and no page at the provider for the others; a paid one makes room (F19)', async () => {
  paid = await startPaidService();
  const made = [...(await statuses(1)), ...(await statuses(39))];
  expect([countOf(made, 201), countOf(made, 429)], made.join(' ')).toEqual([20, 20]);
  expect(paid.stripe.state.sessions.size).toBe(20);
  const refused = await order();
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await refused.json()).toMatchObject({
    error: { code: 'rate_limit_exceeded', message: expect.stringContaining('20 top-ups') },
  });
  const [first] = paid.stripe.state.sessions.keys();
  paid.stripe.hands.pay(first ?? '');
  await paid.deliverAll();
  expect((await statuses(2)).toSorted()).toEqual([201, 429]);
});

test('an account opens 30 orders an hour, paid or not, and says when the next may come (F19)', async () => {
  paid = await startPaidService();
  for (let count = 0; count < 30; count += 1) {
    const { sessionId } = await paid.openOrder('5.00');
    if (count % 2 === 0) paid.stripe.hands.pay(sessionId);
    await paid.deliverAll();
  }
  const refused = await order();
  expect(refused.status).toBe(429);
  const retryAfterMs = Number(refused.headers.get('retry-after')) * 1000;
  expect(retryAfterMs).toBeGreaterThan(hourMs - 600_000);
  paid.advance(retryAfterMs);
  expect((await order()).status).toBe(201);
});

test('the form and the dashboard are bounded by the same, another account is not (F19)', async () => {
  paid = await startPaidService({ orderLimits: { open: 1, perHour: 5 } });
  const { baseUrl, customerKey, backend } = paid.service;
  const form = (key: string) =>
    fetch(`${baseUrl}/topup`, {
      method: 'POST',
      body: new URLSearchParams({ key, amount: '5.00' }),
      redirect: 'manual',
    });
  expect((await form(customerKey)).status).toBe(303);
  expect((await form(customerKey)).status).toBe(429);
  expect((await form((await backend.createAccount('other')).customerKey)).status).toBe(303);
});

test('pages for a payment method are bounded (F19)', async () => {
  paid = await startPaidService();
  const setups = [];
  for (let count = 0; count < 12; count += 1)
    setups.push(await paid.service.call('/v1/account/auto-topup/setup', { method: 'POST' }));
  expect(setups.map(({ status }) => status)).toEqual([...Array.from({ length: 10 }, () => 201), 429, 429]);
  expect(Number(setups.at(-1)?.headers.get('retry-after'))).toBeGreaterThan(0);
  paid.advance(hourMs + 1000);
  expect((await paid.service.call('/v1/account/auto-topup/setup', { method: 'POST' })).status).toBe(201);
});

test('keys that are made and revoked again do not fill the database (F19)', async () => {
  paid = await startPaidService();
  const { call, customerKeyId, accountId, database } = paid.service;
  await database.run(
    `insert into customer_keys (id, account_id, key_hash, hint, label, scope, created_at_ms, revoked_at_ms)
     with recursive n (i) as (select 1 union all select i + 1 from n where i < 199)
     select 'key_old' || i, '${accountId}', 'hash' || i, 'hint', 'old', 'manage', ${Date.now()}, ${Date.now()} from n`,
  );
  expect((await call(`/v1/account/keys`, { body: { label: 'one more' } })).status).toBe(429);
  expect((await call(`/v1/account/keys/${customerKeyId}/rotate`, { method: 'POST' })).status).toBe(429);
  paid.advance(hourMs + 1000);
  expect((await call(`/v1/account/keys`, { body: { label: 'one more' } })).status).toBe(201);
});

const asked = (): string[] => paid.stripe.calls.filter((call) => /^GET \/v1\/checkout\/sessions\/\w+$/.test(call));

test('250 open orders are asked about in parts, oldest first, four at once, one round at a time, all of them in turn (F19)', async () => {
  paid = await startPaidService({ orderLimits: { open: 1_000, perHour: 1_000 } });
  const { backend, database } = paid.service;
  // The round of the start is over before there are orders.
  await backend.reconcilePayments();
  await statuses(250);
  const rows = z.array(z.object({ session_id: z.string() }));
  const oldest = rows.parse(await database.run('select session_id from orders order by created_at_ms, id limit 4'));
  const paths = oldest.map(({ session_id: id }) => `GET /v1/checkout/sessions/${id}`);
  const delays = paths.map((path) => paid.stripe.delayNext(path));
  const rounds = [backend.reconcilePayments(), backend.reconcilePayments()];
  await Promise.all(delays.map(({ arrived }) => arrived));
  rounds.push(backend.reconcilePayments());
  expect(asked().toSorted()).toEqual(paths.toSorted());
  for (const { letGo } of delays) letGo();
  await Promise.all(rounds);
  // The two calls that came during a run share the next one.
  expect(asked()).toHaveLength(400);
  expect(new Set(asked()).size).toBe(250);
}, 120_000);

test('a provider that fails again and again is not asked before the next round (F19)', async () => {
  paid = await startPaidService({ orderLimits: { open: 1_000, perHour: 1_000 } });
  await statuses(60);
  const rows = z.array(z.object({ session_id: z.string() }));
  for (const { session_id: id } of rows.parse(await paid.service.database.run('select session_id from orders'))) {
    paid.stripe.failNext(
      `GET /v1/checkout/sessions/${id}`,
      ...Array.from({ length: 6 }, () => 'error-before' as const),
    );
  }
  await paid.service.backend.reconcilePayments();
  expect(new Set(asked()).size).toBeLessThanOrEqual(8);
});

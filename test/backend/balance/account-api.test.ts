import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accountSchema } from '#shared/account/account.ts';
import { ledgerPageSchema } from '#shared/account/ledger.ts';
import { orderListSchema, orderSchema } from '#shared/account/orders.ts';
import { receiptSchema } from '#shared/account/receipt.ts';
import { usageReportSchema } from '#shared/account/usage.ts';
import { parseUsd } from '#shared/money.ts';
import { chat, startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';

let service: TestBackend;

beforeAll(async () => {
  service = await startTestBackend();
});

afterAll(async () => {
  expect(await service.backend.verify()).toEqual([]);
  await service[Symbol.asyncDispose]();
});

const getAccount = async () => accountSchema.parse(await (await service.call('/v1/account')).json());

test('a request lowers the balance by exactly what its receipt, its header and its ledger line say', async () => {
  const before = await getAccount();
  const reply = await service.call('/v1/chat/completions', { body: chat('Hello') });
  const requestId = reply.headers.get('x-corvus-request-id') ?? '';
  const receipt = receiptSchema.parse(await (await service.call(`/v1/generation?id=${requestId}`)).json());
  const after = await getAccount();
  const page = ledgerPageSchema.parse(
    await (await service.call(`/v1/account/ledger?after=${before.ledgerSequence}`)).json(),
  );
  expect((parseUsd(before.balance) ?? 0n) - (parseUsd(after.balance) ?? 0n)).toBe(parseUsd(receipt.cost));
  expect(reply.headers.get('x-corvus-cost-usd')).toBe(receipt.cost);
  expect(page.data).toMatchObject([
    {
      kind: 'usage',
      requestId,
      amount: `-${receipt.cost}`,
      balanceAfter: after.balance,
      sequence: after.ledgerSequence,
    },
  ]);
  expect(receipt).toMatchObject({
    status: 'settled',
    balanceAfter: after.balance,
    ledgerSequence: after.ledgerSequence,
  });
});

test('usage sums by day and by model agree with what was used', async () => {
  await service.call('/v1/chat/completions', { body: chat('Hello', { model: 'gpt-5.5' }) });
  const { totalUsed } = await getAccount();
  for (const groupBy of ['day', 'model']) {
    const report = usageReportSchema.parse(await (await service.call(`/v1/account/usage?groupBy=${groupBy}`)).json());
    const total = report.data.reduce((sum, row) => sum + (parseUsd(row.cost) ?? 0n), 0n);
    expect(total).toBe(parseUsd(totalUsed));
  }
});

test('ledger pages join without gap or repeat', async () => {
  for (let index = 0; index < 5; index += 1)
    await service.call('/v1/chat/completions', { body: chat(`Hello ${index}`) });
  const sequences: number[] = [];
  for (let after = 0, hasMore = true; hasMore;) {
    const page = ledgerPageSchema.parse(await (await service.call(`/v1/account/ledger?after=${after}&limit=2`)).json());
    sequences.push(...page.data.map((line) => line.sequence));
    after = sequences.at(-1) ?? 0;
    hasMore = page.hasMore;
  }
  expect(sequences).toEqual(Array.from({ length: sequences.length }, (_, index) => index + 1));
  expect(sequences.length).toBeGreaterThan(5);
});

describe('top-ups', () => {
  test('an order is credited once, however often it is paid', async () => {
    const before = await getAccount();
    const created = await service.call('/v1/account/topups', { body: { amount: '3.00' } });
    expect(created.status).toBe(201);
    const order = orderSchema.parse(await created.json());
    expect(await (await fetch(order.checkoutUrl)).text()).toContain('Pay $3.00');
    const pay = () => fetch(`${order.checkoutUrl}/pay`, { method: 'POST', redirect: 'manual' });
    const paid = await Promise.all([pay(), pay(), pay()]);
    expect(paid.map((reply) => reply.status)).toEqual([303, 303, 303]);
    expect(await service.backend.confirmOrderPaid(order.id, 'again')).toMatchObject({ kind: 'credited_before' });
    const after = await getAccount();
    expect((parseUsd(after.balance) ?? 0n) - (parseUsd(before.balance) ?? 0n)).toBe(parseUsd('3.00'));
    const list = orderListSchema.parse(await (await service.call('/v1/account/topups')).json());
    expect(list.data.find((item) => item.id === order.id)).toMatchObject({ status: 'paid_confirmed' });
    expect(await (await fetch(order.checkoutUrl)).text()).toContain('Credited to your balance');
  });

  test.each(['2.99', '10000.01', '-5.00', '3.001', 'ten', '', 5])('an amount of %j is refused', async (amount) => {
    const reply = await service.call('/v1/account/topups', { body: { amount } });
    expect(reply.status).toBe(400);
    expect(await reply.json()).toMatchObject({ error: { code: 'bad_request', param: 'amount' } });
  });

  test('the top-up page leads from key and amount to a checkout', async () => {
    expect((await fetch(`${service.baseUrl}/topup`)).headers.get('content-security-policy')).toContain(
      "default-src 'none'",
    );
    const form = new URLSearchParams({ key: service.customerKey, amount: '4.50' });
    const reply = await fetch(`${service.baseUrl}/topup`, { method: 'POST', body: form });
    expect(reply.url).toMatch(/\/checkout\/ord_/);
    expect(await reply.text()).toContain('Pay $4.50');
  });

  test.each([
    ['an unknown key', { key: 'sk-corvus-unknown', amount: '4.50' }, 401],
    ['an amount below the least', { key: null, amount: '2 <b>' }, 400],
  ])('the top-up page says in the form what is wrong with %s, and keeps the amount', async (_what, typed, status) => {
    const form = new URLSearchParams({ ...typed, key: typed.key ?? service.customerKey });
    const reply = await fetch(`${service.baseUrl}/topup`, { method: 'POST', body: form });
    expect([reply.status, reply.headers.get('content-type')]).toEqual([status, 'text/html; charset=utf-8']);
    const page = await reply.text();
    expect(page).toMatch(/role="alert">[A-Z][^<{]+\.</);
    expect(page).toContain(`value="${typed.amount.replace('<', '&lt;').replace('>', '&gt;')}"`);
    expect(page).not.toContain(service.customerKey);
  });

  test('paying an order that is closed leads to the page that says so', async () => {
    const created = await service.call('/v1/account/topups', { body: { amount: '3.00' } });
    const order = orderSchema.parse(await created.json());
    await service.database.run(`update orders set status = 'expired' where id = '${order.id}'`);
    const reply = await fetch(`${order.checkoutUrl}/pay`, { method: 'POST' });
    expect([reply.status, reply.url]).toEqual([200, order.checkoutUrl]);
    expect(await reply.text()).toContain('This order was not paid in time.');
    const unknown = await fetch(`${service.baseUrl}/checkout/ord_unknown/pay`, { method: 'POST' });
    expect([unknown.status, await unknown.text()]).toEqual([404, expect.stringContaining('No such order')]);
  });

  test('without play money the checkout takes nothing', async () => {
    await using real = await startTestBackend({ isPlayMoney: false });
    const order = orderSchema.parse(await (await real.call('/v1/account/topups', { body: { amount: '3.00' } })).json());
    expect(await (await fetch(order.checkoutUrl)).text()).toContain('Payment is not configured');
    expect((await fetch(`${order.checkoutUrl}/pay`, { method: 'POST' })).status).toBe(404);
    expect(accountSchema.parse(await (await real.call('/v1/account')).json()).balance).toBe('0.00');
  });
});

describe('who may ask', () => {
  test.each([
    '/v1/account',
    '/v1/account/ledger',
    '/v1/account/usage',
    '/v1/account/events',
    '/v1/account/topups',
    '/v1/models',
    '/v1/generation?id=x',
  ])('%s needs a key', async (path) => {
    const reply = await fetch(service.baseUrl + path);
    expect(reply.status).toBe(401);
    expect(reply.headers.get('x-request-id')).toMatch(/^req_/);
    expect(await reply.json()).toMatchObject({ error: { code: 'invalid_api_key' } });
  });

  test('a revoked key stops at once, on every endpoint', async () => {
    const other = await service.backend.createAccount('other');
    expect((await service.call('/v1/account', { key: other.customerKey })).status).toBe(200);
    expect(await service.backend.revokeKey(other.customerKeyId)).toBe(true);
    expect((await service.call('/v1/account', { key: other.customerKey })).status).toBe(401);
    expect((await service.call('/v1/chat/completions', { key: other.customerKey, body: chat('Hi') })).status).toBe(401);
  });

  test("another account's receipt is not found", async () => {
    const reply = await service.call('/v1/chat/completions', { body: chat('Hello') });
    const other = await service.backend.createAccount('other');
    const receipt = await service.call(`/v1/generation?id=${reply.headers.get('x-corvus-request-id')}`, {
      key: other.customerKey,
    });
    expect(receipt.status).toBe(404);
  });

  test('the key is not in the database', async () => {
    const bytes = await service.database.dump();
    expect(bytes.includes(service.customerKey)).toBe(false);
    expect(bytes.includes(service.accountId)).toBe(true);
  });
});

test('a request id that was used before is refused and charges nothing', async () => {
  const requestId = 'req_01a1fb3238e47ccb8e04aff7b69afc21';
  const headers = { 'x-corvus-request-id': requestId };
  const first = await service.call('/v1/chat/completions', { body: chat('Hello'), headers });
  expect(first.headers.get('x-corvus-request-id')).toBe(requestId);
  const before = await getAccount();
  const second = await service.call('/v1/chat/completions', { body: chat('Hello again'), headers });
  expect(second.status).toBe(422);
  expect(await second.json()).toMatchObject({ error: { code: 'idempotency_key_reused' } });
  expect((await getAccount()).balance).toBe(before.balance);
});

test('models are listed with their prices, in the shape of the API that asks', async () => {
  const echo = expect.objectContaining({
    id: 'corvus/echo',
    object: 'model',
    family: 'corvus',
    pricing: expect.objectContaining({ input: '1.00' }),
  });
  expect(await (await service.call('/v1/models')).json()).toMatchObject({
    object: 'list',
    data: expect.arrayContaining([echo]),
  });
  const anthropic = await service.call('/v1/models', { headers: { 'anthropic-version': '2023-06-01' } });
  const named = expect.objectContaining({ id: 'corvus/echo', type: 'model', display_name: 'Corvus Echo' });
  expect(await anthropic.json()).toMatchObject({ has_more: false, data: expect.arrayContaining([named]) });
  expect((await service.call('/v1/models/no/such/model')).status).toBe(404);
});

test('a strange path and a wrong method are refused in the right envelope', async () => {
  expect(await (await service.call('/v1/nothing')).json()).toMatchObject({ error: { code: 'route_not_found' } });
  expect(await (await service.call('/anthropic/v1/nothing')).json()).toMatchObject({
    type: 'error',
    error: { type: 'not_found_error' },
  });
  expect((await service.call('/v1/account', { method: 'POST', body: {} })).status).toBe(405);
  expect((await service.call('/v1/chat/completions')).status).toBe(405);
});

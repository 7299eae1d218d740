import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { eventually } from '../../support/eventually.ts';
import { type PaidService, startPaidService } from '../../support/start-paid-service.ts';
import { startTestBackend } from '../../support/start-test-backend.ts';

const adminToken = 'operator-token-of-the-test-0123456789';
let paid: PaidService;

beforeEach(async () => {
  paid = await startPaidService({ adminToken });
});

afterEach(async () => {
  expect(await paid.service.backend.verify()).toEqual([]);
  await paid[Symbol.asyncDispose]();
});

interface Reply {
  status: number;
  body: Record<string, unknown>;
}

async function admin(path: string, body?: object, headers: Record<string, string> = {}): Promise<Reply> {
  const reply = await paid.service.call(`/admin/api/${path}`, {
    key: adminToken,
    headers: { 'x-operator': 'Ada', ...headers },
    ...(body === undefined ? {} : { body }),
  });
  return { status: reply.status, body: (await reply.json()) as Record<string, unknown> };
}

const rows = async (path: string) => (await admin(path)).body['data'] as Record<string, unknown>[];
const reason = 'asked for by telephone';

/** An order paid with another amount than ordered. */
async function orderInReview() {
  const { order, sessionId } = await paid.openOrder('20.00');
  const session = paid.stripe.state.sessions.get(sessionId);
  Object.assign(session ?? {}, { amount_subtotal: 1900, amount_total: 1900 });
  paid.stripe.hands.pay(sessionId);
  await paid.deliverAll();
  return { orderId: order.id, paymentId: paid.paymentOf(sessionId) };
}

/** An order that was settled by hand, and then paid all the same. */
async function orderPaidTwice() {
  const { order, sessionId } = await paid.openOrder('20.00');
  expect((await admin(`orders/${order.id}/settle`, { reason })).status).toBe(200);
  paid.stripe.hands.pay(sessionId);
  await paid.deliverAll();
  return { orderId: order.id, paymentId: paid.paymentOf(sessionId) };
}

/** An automatic top-up whose charge was made; nothing of it was delivered yet. */
async function automaticOrder(card: 'ok' | 'processing') {
  const setup = await paid.service.call('/v1/account/auto-topup/setup', { method: 'POST' });
  const cardId = paid.stripe.hands.leaveCard(String(Object(await setup.json()).url));
  await paid.deliverAll();
  paid.stripe.hands.setCard(cardId, card);
  await paid.service.call('/v1/account/auto-topup', { method: 'PUT', body: { enabled: true } });
  await eventually(async () => expect(await rows('orders?show=pending')).toHaveLength(1));
  const [order] = await rows('orders?show=pending');
  return { orderId: String(order?.['orderId']), paymentId: [...paid.stripe.state.intents.keys()][0] ?? '' };
}

describe('who is admitted', () => {
  test.each(['admin/api/overview', 'admin/api/nothing', 'admin', 'admin/login'])(
    'without a token there is no /%s',
    async (path) => {
      await using service = await startTestBackend();
      expect((await service.call(`/${path}`, { key: adminToken })).status).toBe(404);
    },
  );

  test.each([
    ['a customer key', () => paid.service.customerKey],
    ['a token with one character more', () => `${adminToken}x`],
    ['a token with one character less', () => adminToken.slice(1)],
  ])('%s is refused', async (_, key) => {
    const reply = await paid.service.call('/admin/api/overview', { key: key() });
    expect(reply.status).toBe(401);
    expect(await reply.json()).toMatchObject({ error: { code: 'invalid_api_key' } });
  });

  test('changes are taken as JSON only', async () => {
    expect(await admin('customers', { label: 'x', reason }, { 'content-type': 'text/plain' })).toMatchObject({
      status: 415,
    });
  });
});

describe('customers', () => {
  test('an account is opened, found, given credit once, and its key revoked', async () => {
    const { body: opened } = await admin('customers', { label: 'Ärger Analytical Engines', reason });
    const { accountId, customerKeyId: keyId, customerKey } = opened as Record<string, string>;
    for (const text of [accountId, keyId, String(customerKey).slice(-4), 'engines', 'Engines', 'Ärger', 'ÄRGER']) {
      expect(await rows(`keys?q=${text}`), text).toEqual([
        expect.objectContaining({ keyId, accountId, revokedAt: null }),
      ]);
    }
    // No characters of a search stand for others.
    for (const text of ['Eng_nes', 'Analytical%ines'])
      expect(await rows(`keys?q=${encodeURIComponent(text)}`)).toEqual([]);
    const grant = { amount: '5.00', grantId: 'welcome-1', reason };
    expect((await admin(`customers/${accountId}/grants`, grant)).status).toBe(200);
    expect((await admin(`customers/${accountId}/grants`, grant)).status).toBe(409);
    expect((await admin(`customers/${accountId}`)).body).toMatchObject({ balance: '5.00', held: '0.00', owed: '0.00' });
    const asCustomer = () => paid.service.call('/v1/account', { key: customerKey ?? '' });
    expect(await (await asCustomer()).json()).toMatchObject({ balance: '5.00' });
    expect((await admin(`keys/${keyId}/revoke`, { reason })).status).toBe(200);
    expect((await asCustomer()).status).toBe(401);
    expect((await admin(`keys/${keyId}/revoke`, { reason })).status).toBe(404);
    expect(await rows('audit')).toMatchObject([
      {
        action: 'key.revoke',
        subject: keyId,
        operator: 'Ada',
        reason,
        before: { isRevoked: false },
        after: { isRevoked: true },
      },
      { action: 'credit.grant', accountId, before: { balance: '0.00' }, after: { balance: '5.00' } },
      { action: 'account.open', subject: accountId, before: null },
    ]);
    expect(JSON.stringify(await rows('audit'))).not.toContain(customerKey);
  });

  test('credit pays a debt first', async () => {
    const { paymentId } = await paid.paidOrder('3.00');
    await paid.spend();
    paid.stripe.hands.refund(paymentId, 300);
    await paid.deliverAll();
    expect((await paid.account()).status).toBe('blocked');
    const { accountId } = paid.service;
    await admin(`customers/${accountId}/grants`, { amount: '1.00', grantId: 'goodwill', reason });
    expect((await admin(`customers/${accountId}`)).body).toMatchObject({ owed: '0.00' });
    expect((await paid.account()).status).toBe('low');
  });

  test.each([
    ['no reason', { amount: '1.00', grantId: 'grant-12' }],
    ['an empty reason', { amount: '1.00', grantId: 'grant-12', reason: '   ' }],
    ['nothing', { amount: '0.00', grantId: 'grant-12', reason }],
    ['less than nothing', { amount: '-1.00', grantId: 'grant-12', reason }],
    ['an unknown field', { amount: '1.00', grantId: 'grant-12', reason, x: 1 }],
  ])('a grant with %s is refused and leaves no trace', async (_, input) => {
    expect((await admin(`customers/${paid.service.accountId}/grants`, input)).status).toBe(400);
    expect(await rows('audit')).toEqual([]);
    expect((await paid.account()).balance).toBe('0.00');
  });
});

describe('orders that need an operator', () => {
  test('in review: settled, credited with what was ordered, and its payment can be refunded later', async () => {
    const { orderId, paymentId } = await orderInReview();
    expect(await rows('orders?show=attention')).toMatchObject([
      { orderId, status: 'in_review', failure: 'amount_differs' },
    ]);
    expect((await admin(`orders/${orderId}/settle`, { reason })).body).toMatchObject({
      status: 'paid_confirmed',
      paymentId,
    });
    expect((await paid.account()).balance).toBe('20.00');
    expect((await admin(`orders/${orderId}/settle`, { reason })).status).toBe(409);
    expect((await admin(`orders/${orderId}/refund`, { paymentId, reason })).body).toMatchObject({
      status: 'refunded',
      takenBack: '20.00',
    });
    await paid.deliverAll();
    expect((await paid.account()).balance).toBe('0.00');
    expect(await rows('orders?show=attention')).toEqual([]);
  });

  test.each([
    ['refunded', 'refunded', (paymentId: string) => paid.stripe.hands.refund(paymentId, 1900)],
    ['disputed', 'disputed', (paymentId: string) => paid.stripe.hands.dispute(paymentId)],
  ])('in review, and %s meanwhile: settled, nothing of it is left to spend', async (_, status, takeBack) => {
    const { orderId, paymentId } = await orderInReview();
    takeBack(paymentId);
    await paid.deliverAll();
    expect((await admin(`orders/${orderId}/settle`, { reason })).body).toMatchObject({ status, takenBack: '20.00' });
    expect((await paid.account()).balance).toBe('0.00');
  });

  test('in review: refused, paid back, never credited', async () => {
    const { orderId, paymentId } = await orderInReview();
    expect((await admin(`orders/${orderId}/refund`, { paymentId, reason })).status).toBe(409);
    expect((await admin(`orders/${orderId}/refuse`, { reason })).body).toMatchObject({
      status: 'failed',
      failure: 'refused',
    });
    expect((await admin(`orders/${orderId}/refund`, { paymentId, reason })).status).toBe(200);
    await paid.deliverAll();
    expect((await paid.account()).balance).toBe('0.00');
    expect([...paid.stripe.state.refunds.values()]).toHaveLength(1);
    expect(await (await paid.service.call(`/checkout/${orderId}`)).text()).toContain('It will be refunded');
    expect(await rows(`audit?q=${orderId}`)).toMatchObject([
      { action: 'payment.refunded', after: { refundedPayment: paymentId } },
      { action: 'payment.refund-asked', after: { refundedPayment: paymentId } },
      { action: 'order.refuse', before: { status: 'in_review' }, after: { status: 'failed' } },
    ]);
  });

  test('paid, but its event is late: settled with its payment, which is not taken for a second one when the event comes', async () => {
    const { order, sessionId } = await paid.openOrder('20.00');
    paid.stripe.hands.pay(sessionId);
    const paymentId = paid.paymentOf(sessionId);
    const late = paid.stripe.takeEvents();
    expect((await admin(`orders/${order.id}/settle`, { reason })).body).toMatchObject({ paymentId });
    paid.stripe.hands.refund(paymentId, 500);
    await paid.deliverAll();
    expect((await paid.account()).balance).toBe('15.00');
    for (const event of late) await paid.deliver(event);
    expect((await paid.account()).balance).toBe('15.00');
    expect(await rows('orders?show=attention')).toEqual([]);
  });

  test.each([
    ['charged', 'ok', (paymentId: string) => paymentId],
    ['charged, and its bank takes its time', 'processing', () => expect.stringMatching(/^by-hand:/)],
  ] as const)(
    'an automatic top-up that was %s, its event late: settled with what is known of its payment',
    async (_, card, paidBy) => {
      const { orderId, paymentId } = await automaticOrder(card);
      const late = paid.stripe.takeEvents();
      expect((await admin(`orders/${orderId}/settle`, { reason })).body).toMatchObject({
        status: 'paid_confirmed',
        paymentId: paidBy(paymentId),
      });
      if (card === 'processing') paid.stripe.hands.settleIntent(paymentId);
      for (const event of [...late, ...paid.stripe.takeEvents()]) await paid.deliver(event);
      expect((await paid.account()).balance).toBe('10.00');
      // What came after an order was settled without it is a second payment.
      expect(await rows('orders?show=attention')).toMatchObject(
        card === 'ok' ? [] : [{ orderId, paidTwice: [paymentId] }],
      );
      await admin(`orders/${orderId}/refund`, { paymentId, reason });
      await paid.deliverAll();
      expect((await paid.account()).balance).toBe(card === 'ok' ? '0.00' : '10.00');
      expect(await rows('orders?show=attention')).toEqual([]);
    },
  );

  test.each([
    ['cannot answer', () => paid.stripe.goDown()],
    [
      'does not know its checkout any more',
      (sessionId: string) => {
        const session = paid.stripe.state.sessions.get(sessionId);
        paid.stripe.state.sessions.delete(sessionId);
        return () => void (session && paid.stripe.state.sessions.set(sessionId, session));
      },
    ],
  ])('settled while Stripe %s; what is paid there afterwards is found as paid twice', async (_, lose) => {
    const { order, sessionId } = await paid.openOrder('20.00');
    const bringBack = lose(sessionId);
    expect(await admin(`orders/${order.id}/settle`, { reason })).toMatchObject({ status: 200 });
    bringBack();
    paid.stripe.hands.pay(sessionId);
    await paid.deliverAll();
    expect((await paid.account()).balance).toBe('20.00');
    expect(await rows('orders?show=attention')).toMatchObject([{ paidTwice: [paid.paymentOf(sessionId)] }]);
  });

  test('in review: not settled while Stripe cannot say which payment it is', async () => {
    const { orderId } = await orderInReview();
    paid.stripe.goDown();
    expect((await admin(`orders/${orderId}/settle`, { reason })).status).toBe(503);
    expect((await paid.account()).balance).toBe('0.00');
  });

  describe('in review, paid in another currency and settled', () => {
    async function settledInEuros() {
      const { order, sessionId } = await paid.openOrder('20.00');
      Object.assign(paid.stripe.state.sessions.get(sessionId) ?? {}, { currency: 'eur', amount_total: 1_800 });
      paid.stripe.hands.pay(sessionId);
      await paid.deliverAll();
      const paymentId = paid.paymentOf(sessionId);
      expect((await admin(`orders/${order.id}/settle`, { reason })).body).toMatchObject({ paymentId });
      return { orderId: order.id, paymentId };
    }

    test('refunded, also in part: the same share of the credit is taken back', async () => {
      const { orderId, paymentId } = await settledInEuros();
      paid.stripe.hands.refund(paymentId, 450);
      await paid.deliverAll();
      expect((await paid.account()).balance).toBe('15.00');
      expect((await admin(`orders/${orderId}/refund`, { paymentId, reason })).body).toMatchObject({
        status: 'refunded',
      });
      expect((await paid.account()).balance).toBe('0.00');
      const { data } = z
        .object({ data: z.array(z.object({ object: z.string(), credit: z.string(), paid: z.string().nullable() })) })
        .parse(await (await paid.service.call('/v1/account/invoices')).json());
      expect(data.map(({ object, credit, paid: stated }) => [object, credit, stated])).toEqual([
        ['credit_note', '15.00', null],
        ['credit_note', '5.00', null],
        ['invoice', '20.00', null],
      ]);
    });

    test('disputed in the same currency: taken back until it is won; in another one, it is not known how much', async () => {
      const { paymentId } = await settledInEuros();
      paid.stripe.hands.dispute(paymentId, { amount: 900 });
      for (const event of paid.stripe.takeEvents()) {
        Object.assign(event.data.object, { currency: 'usd' });
        await paid.deliver(event);
      }
      expect((await paid.account()).balance).toBe('20.00');
      const disputeId = paid.stripe.hands.dispute(paymentId, { amount: 900 });
      await paid.deliverAll();
      expect((await paid.account()).balance).toBe('10.00');
      paid.advance(5_000);
      paid.stripe.hands.moveDispute(disputeId, 'won');
      await paid.deliverAll();
      expect((await paid.account()).balance).toBe('20.00');
    });
  });

  test.each([
    ['another amount', { amount_subtotal: 1900, amount_total: 1900 }],
    ['another currency', { currency: 'eur' }],
    ['a discount', { amount_total: 1500, total_details: { amount_discount: 500 } }],
  ])('settled by hand, then paid with %s: found as paid twice, and done with when paid back', async (_, differing) => {
    const { order, sessionId } = await paid.openOrder('20.00');
    expect((await admin(`orders/${order.id}/settle`, { reason })).status).toBe(200);
    Object.assign(paid.stripe.state.sessions.get(sessionId) ?? {}, differing);
    paid.stripe.hands.pay(sessionId);
    await paid.deliverAll();
    const paymentId = paid.paymentOf(sessionId);
    expect(await rows('orders?show=attention')).toMatchObject([{ orderId: order.id, paidTwice: [paymentId] }]);
    expect((await admin(`orders/${order.id}/refund`, { paymentId, reason })).status).toBe(200);
    await paid.deliverAll();
    expect(await rows('orders?show=attention')).toEqual([]);
    expect((await paid.account()).balance).toBe('20.00');
  });

  test('in review and refused: a late event of its payment does not bring it back', async () => {
    const { order, sessionId } = await paid.openOrder('20.00');
    Object.assign(paid.stripe.state.sessions.get(sessionId) ?? {}, { amount_subtotal: 1900, amount_total: 1900 });
    paid.stripe.hands.pay(sessionId, 'later');
    paid.stripe.hands.settle(sessionId, true);
    const late = paid.stripe.takeEvents();
    await paid.service.backend.reconcilePayments();
    expect((await admin(`orders/${order.id}/refuse`, { reason })).status).toBe(200);
    await paid.service.database.run('delete from payment_events');
    for (const event of late) await paid.deliver(event);
    expect(await rows('orders?show=attention')).toEqual([]);
    expect(await paid.order(order.id)).toMatchObject({ status: 'failed' });
  });

  test('paid twice: found, paid back once, the credit stays', async () => {
    const { orderId, paymentId } = await orderPaidTwice();
    expect(await rows('orders?show=attention')).toMatchObject([
      { orderId, status: 'paid_confirmed', paidTwice: [paymentId] },
    ]);
    for (let time = 0; time < 2; time += 1)
      expect((await admin(`orders/${orderId}/refund`, { paymentId, reason })).status).toBe(200);
    await paid.deliverAll();
    expect([...paid.stripe.state.refunds.values()]).toHaveLength(1);
    expect((await paid.account()).balance).toBe('20.00');
    expect(await rows('orders?show=attention')).toEqual([]);
  });

  test('a refund that failed is credited again, and made again when it is asked for once more', async () => {
    const { order, paymentId } = await paid.paidOrder('20.00');
    const refund = async () => (await admin(`orders/${order.id}/refund`, { paymentId, reason })).body;
    expect(await refund()).toMatchObject({ status: 'refunded' });
    paid.advance(5_000);
    paid.stripe.hands.failRefund([...paid.stripe.state.refunds.keys()][0] ?? '');
    paid.advance(5_000);
    // It is not known yet that it failed, and Stripe repeats its first answer, which says that it worked.
    await refund();
    await paid.deliverAll();
    expect((await paid.account()).balance).toBe('20.00');
    expect(await refund()).toMatchObject({ status: 'refunded' });
    await paid.deliverAll();
    expect((await paid.account()).balance).toBe('0.00');
    expect([...paid.stripe.state.refunds.values()].map(({ status }) => status)).toEqual(['failed', 'succeeded']);
  });

  test('paid twice and paid back at the provider: done with, unless that refund fails', async () => {
    const { paymentId } = await orderPaidTwice();
    const refundId = paid.stripe.hands.refund(paymentId, 2000);
    await paid.deliverAll();
    expect(await rows('orders?show=attention')).toEqual([]);
    paid.advance(5_000);
    paid.stripe.hands.failRefund(refundId);
    await paid.deliverAll();
    expect(await rows('orders?show=attention')).toMatchObject([{ paidTwice: [paymentId] }]);
    expect((await paid.account()).balance).toBe('20.00');
  });

  test('paid twice and taken back by the bank: done with, unless that dispute is won', async () => {
    const { paymentId } = await orderPaidTwice();
    const disputeId = paid.stripe.hands.dispute(paymentId, { amount: 2000 });
    await paid.deliverAll();
    expect(await rows('orders?show=attention')).toEqual([]);
    paid.advance(5_000);
    paid.stripe.hands.moveDispute(disputeId, 'won');
    await paid.deliverAll();
    expect(await rows('orders?show=attention')).toMatchObject([{ paidTwice: [paymentId] }]);
    expect((await paid.account()).balance).toBe('20.00');
  });

  test('a refund that Stripe refuses: why is said, and that trying again does not help', async () => {
    const { order, paymentId } = await paid.paidOrder('20.00');
    // Stripe knows of it, and this service not yet.
    paid.stripe.hands.refund(paymentId, 2000);
    const refused = await admin(`orders/${order.id}/refund`, { paymentId, reason });
    expect(refused).toMatchObject({
      status: 409,
      body: { error: { code: 'conflict', message: expect.stringContaining('greater than unrefunded amount') } },
    });
  });

  test('a payment of another order is not refunded', async () => {
    const { paymentId } = await paid.paidOrder('10.00');
    const { order } = await paid.paidOrder('20.00');
    expect((await admin(`orders/${order.id}/refund`, { paymentId, reason })).status).toBe(404);
    expect(paid.stripe.state.refunds.size).toBe(0);
    expect(await rows('audit')).toEqual([]);
  });
});

test('the ledger is searched by account, ledger account, request, order and transfer', async () => {
  const { order } = await paid.paidOrder('20.00');
  const grant = { amount: '1.00', grantId: 'by-telephone', reason };
  await admin(`customers/${paid.service.accountId}/grants`, grant);
  const requestId = String((await paid.spend()).headers.get('x-request-id'));
  const all = await rows('ledger');
  const charge = all.find(({ kind }) => kind === 'charge');
  expect(charge).toMatchObject({ requestId, to: 'platform:revenue' });
  expect(await rows(`ledger?q=${requestId}`)).toEqual(all.filter((row) => row['requestId'] === requestId));
  expect(await rows(`ledger?q=${order.id}`)).toMatchObject([{ kind: 'topup', amount: '20.00' }]);
  expect(all.map(({ kind }) => kind)).toContain('grant');
  for (const transfer of all) expect(await rows(`ledger?q=${String(transfer['transferId'])}`)).toEqual([transfer]);
  expect(await rows(`ledger?q=${paid.service.accountId}`)).toHaveLength(all.length);
  for (const name of ['platform:revenue', 'platform:cash', `customer:${paid.service.accountId}:held`]) {
    const touching = all.filter(({ from, to }) => from === name || to === name);
    expect(touching.length).toBeGreaterThan(0);
    expect(await rows(`ledger?q=${name}`)).toEqual(touching);
    expect(await pages(name, 1)).toEqual(touching);
  }
  expect(await pages(paid.service.accountId, 2)).toEqual(all);
  const other = String((await admin('customers', { label: 'other', reason })).body['accountId']);
  await admin(`customers/${other}/grants`, grant);
  await paid.spend();
  const later = await rows('ledger');
  for (const { sequence } of [...later, { sequence: Number(later[0]?.['sequence']) + 100 }]) {
    const earlier = later.filter((row) => Number(row['sequence']) < Number(sequence));
    const mine = earlier.filter(({ transferId }) => !String(transferId).startsWith(`${other}:`));
    expect(await rows(`ledger?q=${paid.service.accountId}&before=${String(sequence)}`)).toEqual(mine);
  }
  const [newest, second] = all;
  expect(await rows(`ledger?before=${String(newest?.['sequence'])}&limit=1`)).toEqual([second]);
});

/** All that is found, read a page at a time. */
async function pages(text: string, limit: number): Promise<unknown[]> {
  const found: unknown[] = [];
  for (let before = ''; ;) {
    const page = await rows(`ledger?q=${text}&limit=${limit}${before}`);
    found.push(...page);
    const last = page.at(-1);
    if (!last) return found;
    before = `&before=${String(last['sequence'])}`;
  }
}

test('revenue, margins and health are reported, unknown values as unknown, and no secret', async () => {
  await paid[Symbol.asyncDispose]();
  const secret = 'sk-upstream-secret';
  const credential = {
    name: 'main',
    baseUrl: `https://user:${secret}@upstream.example/v1`,
    dialectFamily: 'openai',
    apiKey: secret,
    priority: 1,
    weight: 2,
  } as const;
  paid = await startPaidService({ adminToken, pools: { corvus: 'echo', openai: [credential] } });
  await paid.paidOrder('20.00');
  await paid.spend();
  const { totalUsed } = await paid.account();
  expect((await admin('overview')).body).toMatchObject({
    accounts: 1,
    held: '0.00',
    owed: '0.00',
    today: { requests: 1, revenue: totalUsed },
    pools: { well: 2, cooling: 0, out: 0 },
  });
  expect(await rows('margins')).toMatchObject([
    { model: 'corvus/echo', requests: 1, sold: totalUsed, upstreamCost: null, margin: null },
  ]);
  const pools = await rows('pools');
  expect(pools).toMatchObject([
    { name: 'main', origin: 'https://upstream.example', health: 'well', weight: 2 },
    { family: 'corvus' },
  ]);
  expect(JSON.stringify(pools)).not.toContain(secret);
});

test('the audit log cannot be changed, nor written without a reason', async () => {
  await admin('customers', { label: 'x', reason });
  for (const statement of [
    `update audit_entries set operator = 'unknown'`,
    'delete from audit_entries',
    `insert into audit_entries (at_ms, operator, action, subject, reason) values (1, 'x', 'x', 'x', '')`,
  ]) {
    await expect(paid.service.database.run(statement), statement).rejects.toThrow();
  }
});

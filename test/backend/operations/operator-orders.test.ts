import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { eventually } from '../../support/eventually.ts';
import { adminToken, operatorOf } from '../../support/operator-calls.ts';
import { type PaidService, startPaidService } from '../../support/start-paid-service.ts';

let paid: PaidService;

beforeEach(async () => {
  paid = await startPaidService({ adminToken });
});

afterEach(async () => {
  expect(await paid.service.backend.verify()).toEqual([]);
  await paid[Symbol.asyncDispose]();
});

const { admin, rows } = operatorOf(() => paid);
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

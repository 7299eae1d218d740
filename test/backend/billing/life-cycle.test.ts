import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ledgerPageSchema } from '#shared/account/ledger.ts';
import { parseUsd } from '#shared/money.ts';
import { type PaidService, startPaidService } from '../../support/start-paid-service.ts';

let paid: PaidService;

beforeEach(async () => {
  paid = await startPaidService();
});

afterEach(async () => {
  expect(await paid.service.backend.verify()).toEqual([]);
  await paid[Symbol.asyncDispose]();
});

const balance = async () => (await paid.account()).balance;

describe('checkout', () => {
  test('an order opens a hosted page at Stripe and is credited by the signed event alone', async () => {
    const { order, sessionId } = await paid.openOrder('20.00');
    expect(order).toMatchObject({
      status: 'created',
      checkoutUrl: expect.stringMatching(/^https:\/\/checkout\.stripe\.com\//),
    });
    paid.stripe.hands.pay(sessionId);
    const success = String(paid.stripe.state.sessions.get(sessionId)?.['success_url']);
    expect(success).toBe(`${paid.service.baseUrl}/checkout/${order.id}/success`);
    expect(await (await fetch(success)).text()).toContain('as soon as the payment is confirmed');
    expect(await balance()).toBe('0.00');
    await paid.deliverAll();
    expect(await balance()).toBe('20.00');
    expect(await paid.order(order.id)).toMatchObject({ status: 'paid_confirmed', takenBack: '0.00' });
    expect(await (await fetch(success)).text()).toContain('Credited to your balance');
  });

  test('a customer who returns without paying gets the same page again', async () => {
    const { order } = await paid.openOrder('20.00');
    const reply = await fetch(`${paid.service.baseUrl}/checkout/${order.id}/cancelled`);
    const page = await reply.text();
    expect(page).toContain('Nothing was charged');
    expect(page).toContain(order.checkoutUrl);
  });

  test('the top-up form leads to a page with the link to Stripe', async () => {
    const form = new URLSearchParams({ key: paid.service.customerKey, amount: '4.50' });
    const reply = await fetch(`${paid.service.baseUrl}/topup`, { method: 'POST', body: form });
    expect(await reply.text()).toMatch(/href="https:\/\/checkout\.stripe\.com\/[^"]+">Pay \$4\.50</);
  });

  test('a package is an order of its amount; both and neither are refused', async () => {
    const packages = await (await fetch(`${paid.service.baseUrl}/v1/topup-packages`)).json();
    expect(packages).toMatchObject({
      minimum: '3.00',
      maximum: '10000.00',
      data: expect.arrayContaining([{ id: 'medium', name: 'Medium', amount: '25.00' }]),
    });
    const reply = await paid.service.call('/v1/account/topups', { body: { package: 'medium' } });
    expect(await reply.json()).toMatchObject({ amount: '25.00', status: 'created' });
    for (const body of [{}, { package: 'medium', amount: '5.00' }, { package: 'huge' }]) {
      expect((await paid.service.call('/v1/account/topups', { body })).status).toBe(400);
    }
  });

  test('the largest amount arrives at Stripe in cents', async () => {
    const { sessionId } = await paid.openOrder('10000.00');
    expect(paid.stripe.state.sessions.get(sessionId)).toMatchObject({ amount_total: 1_000_000, currency: 'usd' });
  });

  test('a declined card leaves the page open; the next one pays', async () => {
    const { order, sessionId } = await paid.openOrder('5.00');
    paid.stripe.hands.pay(sessionId, 'declined');
    await paid.deliverAll();
    expect(await paid.order(order.id)).toMatchObject({ status: 'created' });
    paid.stripe.hands.pay(sessionId);
    await paid.deliverAll();
    expect(await balance()).toBe('5.00');
  });

  test('when Stripe cannot be reached nothing is charged and the caller may try again', async () => {
    paid.stripe.goDown();
    const reply = await paid.service.call('/v1/account/topups', { body: { amount: '5.00' } });
    expect(reply.status).toBe(503);
    expect(await reply.json()).toMatchObject({ error: { code: 'payment_unavailable' } });
    expect(reply.headers.get('x-should-retry')).toBe('true');
  });

  test('an account is one customer at Stripe, however many orders it opens', async () => {
    await paid.openOrder('5.00');
    await paid.openOrder('6.00');
    expect(paid.stripe.state.customers.size).toBe(1);
  });
});

describe('payments that take days (D77)', () => {
  test('completed but unpaid credits nothing, success later credits once', async () => {
    const { order, sessionId } = await paid.openOrder('20.00');
    paid.stripe.hands.pay(sessionId, 'later');
    await paid.deliverAll();
    expect(await balance()).toBe('0.00');
    expect(await paid.order(order.id)).toMatchObject({ status: 'pending' });
    paid.stripe.hands.settle(sessionId, true);
    await paid.deliverAll();
    expect(await balance()).toBe('20.00');
  });

  test('failure later credits nothing and says so', async () => {
    const { order, sessionId } = await paid.openOrder('20.00');
    paid.stripe.hands.pay(sessionId, 'later');
    paid.stripe.hands.settle(sessionId, false);
    await paid.deliverAll();
    expect(await balance()).toBe('0.00');
    expect(await paid.order(order.id)).toMatchObject({ status: 'failed', failure: 'payment_failed' });
    expect(await (await fetch(`${paid.service.baseUrl}/checkout/${order.id}`)).text()).toContain('The payment failed');
  });
});

describe('money that goes back (D78)', () => {
  test('partial refunds take back exactly what was refunded, one after the other', async () => {
    const { order, paymentId } = await paid.paidOrder('20.00');
    for (const [cents, left, status] of [
      [1000, '10.00', 'partially_refunded'],
      [500, '5.00', 'partially_refunded'],
      [500, '0.00', 'refunded'],
    ] as const) {
      paid.stripe.hands.refund(paymentId, cents);
      await paid.deliverAll();
      expect(await balance()).toBe(left);
      expect(await paid.order(order.id)).toMatchObject({ status });
    }
    const page = ledgerPageSchema.parse(await (await paid.service.call('/v1/account/ledger')).json());
    expect(page.data.map(({ kind, amount }) => [kind, amount])).toEqual([
      ['topup', '20.00'],
      ['refund', '-10.00'],
      ['refund', '-5.00'],
      ['refund', '-5.00'],
    ]);
  });

  test('a refund that fails is credited again', async () => {
    const { order, paymentId } = await paid.paidOrder('20.00');
    const refundId = paid.stripe.hands.refund(paymentId, 2000);
    await paid.deliverAll();
    expect(await balance()).toBe('0.00');
    paid.advance(5_000);
    paid.stripe.hands.failRefund(refundId);
    await paid.deliverAll();
    expect(await balance()).toBe('20.00');
    expect(await paid.order(order.id)).toMatchObject({ status: 'paid_confirmed', takenBack: '0.00' });
  });

  test('a cumulative total alone is enough, and does not count twice what is known one by one', async () => {
    const { paymentId } = await paid.paidOrder('20.00');
    paid.stripe.hands.refund(paymentId, 1000);
    paid.stripe.hands.refund(paymentId, 500);
    const events = paid.stripe.takeEvents();
    const totals = events.filter(({ type }) => type === 'charge.refunded');
    for (const event of totals) await paid.deliver(event);
    expect(await balance()).toBe('5.00');
    for (const event of events.filter(({ type }) => type.startsWith('refund.'))) await paid.deliver(event);
    expect(await balance()).toBe('5.00');
  });

  test('a dispute takes the money at once; won gives it back once', async () => {
    const { order, paymentId } = await paid.paidOrder('20.00');
    const disputeId = paid.stripe.hands.dispute(paymentId);
    await paid.deliverAll();
    expect(await balance()).toBe('0.00');
    expect(await paid.order(order.id)).toMatchObject({ status: 'disputed', takenBack: '20.00' });
    paid.stripe.hands.moveDispute(disputeId, 'under_review');
    paid.advance(5_000);
    paid.stripe.hands.moveDispute(disputeId, 'won');
    const events = paid.stripe.takeEvents();
    for (const event of [...events, ...events]) await paid.deliver(event);
    expect(await balance()).toBe('20.00');
    expect(await paid.order(order.id)).toMatchObject({ status: 'paid_confirmed', takenBack: '0.00' });
  });

  test('a lost dispute keeps it, and a later refund of the same money costs the platform, not the customer', async () => {
    const { order, paymentId } = await paid.paidOrder('20.00');
    const disputeId = paid.stripe.hands.dispute(paymentId);
    paid.stripe.hands.moveDispute(disputeId, 'lost');
    await paid.deliverAll();
    expect(await paid.order(order.id)).toMatchObject({ status: 'charged_back' });
    paid.stripe.hands.refund(paymentId, 700);
    await paid.deliverAll();
    expect(await balance()).toBe('0.00');
    expect(await paid.order(order.id)).toMatchObject({ takenBack: '20.00' });
  });

  test('an inquiry moves no money until it becomes a dispute', async () => {
    const { paymentId } = await paid.paidOrder('20.00');
    const disputeId = paid.stripe.hands.dispute(paymentId, { status: 'warning_needs_response' });
    await paid.deliverAll();
    expect(await balance()).toBe('20.00');
    paid.advance(2_000);
    paid.stripe.hands.moveDispute(disputeId, 'needs_response');
    await paid.deliverAll();
    expect(await balance()).toBe('0.00');
  });

  test('a refund of spent money makes a debt, which blocks calls until a top-up has paid it', async () => {
    const { paymentId } = await paid.paidOrder('3.00');
    expect((await paid.spend()).status).toBe(200);
    const spent = parseUsd((await paid.account()).totalUsed) ?? 0n;
    expect(spent).toBeGreaterThan(0n);
    paid.stripe.hands.refund(paymentId, 300);
    await paid.deliverAll();
    const blocked = await paid.account();
    expect(blocked.status).toBe('blocked');
    expect(parseUsd(blocked.balance)).toBe(-spent);
    const refused = await paid.spend();
    expect(refused.status).toBe(429);
    expect(refused.headers.get('x-should-retry')).toBe('false');
    expect(await refused.json()).toMatchObject({
      error: {
        code: 'insufficient_credits',
        reason: 'balance',
        message: expect.stringMatching(/^Out of balance: .* is owed/),
      },
    });
    await paid.paidOrder('3.00');
    expect((await paid.account()).status).toBe('ok');
    expect(parseUsd(await balance())).toBe((parseUsd('3.00') ?? 0n) - spent);
    expect((await paid.spend()).status).toBe(200);
  });
});

describe('the paid amount differs from the ordered one (D79)', () => {
  test.each([
    ['another currency', { currency: 'jpy' }],
    ['another amount', { amount_subtotal: 100, amount_total: 100 }],
    ['a discount', { total_details: { amount_discount: 500, amount_shipping: 0, amount_tax: 0 } }],
  ])('%s: nothing is credited, and the order is in review', async (_, difference) => {
    const { order, sessionId } = await paid.openOrder('20.00');
    paid.stripe.hands.pay(sessionId);
    Object.assign(paid.stripe.state.events.at(-1)?.data.object ?? {}, difference);
    await paid.deliverAll();
    expect(await balance()).toBe('0.00');
    expect(await paid.order(order.id)).toMatchObject({ status: 'in_review', failure: 'amount_differs' });
    expect(await paid.service.backend.confirmOrderPaid(order.id, 'looked_at')).toMatchObject({ kind: 'credited' });
  });

  test('with tax on top, the credit is the order, and a refund takes back its share of the credit', async () => {
    const { sessionId } = await paid.openOrder('20.00');
    const session = paid.stripe.state.sessions.get(sessionId);
    Object.assign(session ?? {}, {
      amount_total: 2200,
      total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 200 },
    });
    paid.stripe.hands.pay(sessionId);
    await paid.deliverAll();
    expect(await balance()).toBe('20.00');
    const paymentId = paid.paymentOf(sessionId);
    paid.stripe.hands.refund(paymentId, 1100);
    await paid.deliverAll();
    expect(await balance()).toBe('10.00');
    paid.stripe.hands.refund(paymentId, 1100);
    await paid.deliverAll();
    expect(await balance()).toBe('0.00');
  });
});

test('money for an order that was settled by hand is not credited again, and is recorded as an overpayment', async () => {
  const { order, sessionId } = await paid.openOrder('20.00');
  await paid.service.backend.confirmOrderPaid(order.id, 'by_hand');
  paid.stripe.hands.pay(sessionId);
  const event = paid.stripe.takeEvents().find(({ type }) => type === 'checkout.session.completed');
  expect(await (await paid.stripe.deliver(paid.webhookUrl, event)).json()).toEqual({
    received: true,
    outcome: 'paid_twice',
  });
  expect(await balance()).toBe('20.00');
});

test('out of balance, then a webhook: the same key is served at once (D65)', async () => {
  expect((await paid.spend()).status).toBe(429);
  await paid.paidOrder('3.00');
  expect((await paid.spend()).status).toBe(200);
});

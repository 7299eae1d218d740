import { afterEach, beforeEach, expect, test } from 'vitest';
import { type PaidService, startPaidService } from '../../support/start-paid-service.ts';

let paid: PaidService;
const dayMs = 86_400_000;

beforeEach(async () => {
  paid = await startPaidService();
});

afterEach(async () => {
  expect(await paid.service.backend.verify()).toEqual([]);
  await paid[Symbol.asyncDispose]();
});

const balance = async () => (await paid.account()).balance;
const reconcile = () => paid.service.backend.reconcilePayments();

test('three days without webhooks: everything that happened is found, each thing once (D81)', async () => {
  const before = await paid.paidOrder('50.00');
  await reconcile();
  const lost = {
    paid: await paid.openOrder('20.00'),
    later: await paid.openOrder('7.00'),
    failed: await paid.openOrder('8.00'),
  };
  const left = await paid.openOrder('9.00');
  paid.stripe.hands.pay(lost.paid.sessionId);
  paid.stripe.hands.pay(lost.later.sessionId, 'later');
  paid.stripe.hands.pay(lost.failed.sessionId, 'later');
  paid.advance(dayMs);
  paid.stripe.hands.settle(lost.later.sessionId, true);
  paid.stripe.hands.settle(lost.failed.sessionId, false);
  paid.stripe.hands.refund(before.paymentId, 1000);
  paid.advance(2 * dayMs);
  paid.stripe.hands.dispute(paid.paymentOf(lost.later.sessionId));
  expect(await balance()).toBe('50.00');
  expect((await reconcile()).events).toBeGreaterThan(0);
  expect(await balance()).toBe('60.00');
  expect(await paid.order(before.order.id)).toMatchObject({ status: 'partially_refunded' });
  expect(await paid.order(lost.paid.order.id)).toMatchObject({ status: 'paid_confirmed' });
  expect(await paid.order(lost.later.order.id)).toMatchObject({ status: 'disputed' });
  expect(await paid.order(lost.failed.order.id)).toMatchObject({ status: 'failed' });
  expect(await paid.order(left.order.id)).toMatchObject({ status: 'expired' });
  // Then the webhooks arrive after all.
  await paid.deliverAll();
  expect(await balance()).toBe('60.00');
  expect(await reconcile()).toEqual({ events: 0, corrections: 0 });
});

test('webhooks and reconciler at the same time credit once', async () => {
  const orders = await Promise.all(Array.from({ length: 10 }, () => paid.openOrder('5.00')));
  for (const { sessionId } of orders) paid.stripe.hands.pay(sessionId);
  await Promise.all([reconcile(), paid.deliverAll(), reconcile(), reconcile()]);
  expect(await balance()).toBe('50.00');
});

test('a payment whose events are gone is found by its order, a refund and a dispute by asking for them', async () => {
  const { sessionId } = await paid.openOrder('20.00');
  const other = await paid.openOrder('30.00');
  paid.stripe.hands.pay(sessionId);
  paid.stripe.hands.pay(other.sessionId);
  paid.stripe.hands.refund(paid.paymentOf(sessionId), 500);
  const disputeId = paid.stripe.hands.dispute(paid.paymentOf(other.sessionId), { amount: 1000 });
  paid.stripe.state.events.length = 0;
  await reconcile();
  expect(await balance()).toBe('35.00');
  paid.advance(5_000);
  paid.stripe.hands.moveDispute(disputeId, 'won');
  await paid.deliver(paid.stripe.state.events[0] ?? fail());
  expect(await balance()).toBe('45.00');
});

test('late events that come after the reconciler change nothing', async () => {
  const { paymentId } = await paid.paidOrder('20.00');
  const disputeId = paid.stripe.hands.dispute(paymentId);
  const [opened] = paid.stripe.takeEvents();
  paid.advance(dayMs);
  paid.stripe.hands.moveDispute(disputeId, 'won');
  paid.stripe.state.events.length = 0;
  await reconcile();
  expect(await balance()).toBe('20.00');
  await paid.deliver(opened ?? fail());
  expect(await balance()).toBe('20.00');
});

test('what Stripe answers now counts more than the last event that came', async () => {
  const { paymentId } = await paid.paidOrder('20.00');
  const disputeId = paid.stripe.hands.dispute(paymentId);
  paid.advance(5_000);
  paid.stripe.hands.moveDispute(disputeId, 'under_review');
  await paid.deliverAll();
  expect(await balance()).toBe('0.00');
  paid.advance(dayMs);
  paid.stripe.hands.moveDispute(disputeId, 'won');
  paid.stripe.state.events.length = 0;
  await reconcile();
  expect(await balance()).toBe('20.00');
});

test('more than a page of events is read to its end', { timeout: 60_000 }, async () => {
  const { paymentId } = await paid.paidOrder('200.00');
  for (let index = 0; index < 60; index += 1) paid.stripe.hands.refund(paymentId, 100);
  expect((await reconcile()).events).toBe(180);
  expect(await balance()).toBe('140.00');
});

test('a run that breaks off begins again where the last whole one ended', async () => {
  const { sessionId } = await paid.openOrder('20.00');
  paid.stripe.hands.pay(sessionId);
  const up = paid.stripe.goDown();
  await expect(reconcile()).rejects.toThrow();
  up();
  await reconcile();
  expect(await balance()).toBe('20.00');
});

function fail(): never {
  throw new Error('there is no event');
}

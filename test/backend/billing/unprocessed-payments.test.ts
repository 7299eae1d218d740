import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { adminToken, measured, scrape } from '../../support/start-observed.ts';
import { type PaidService, startPaidService } from '../../support/start-paid-service.ts';

const dayMs = 86_400_000;
const reason = 'looked up at Stripe';
let paid: PaidService;
let logged: string[];

beforeEach(async () => {
  logged = [];
  const logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: (event: string) => void logged.push(event),
  };
  paid = await startPaidService({ ...(await measured()), logger });
});

afterEach(async () => {
  expect(await paid.service.backend.verify()).toEqual([]);
  await paid[Symbol.asyncDispose]();
});

const reconcile = () => paid.service.backend.reconcilePayments();
const balance = async () => (await paid.account()).balance;

async function admin(path: string, body?: object): Promise<{ status: number; body: Record<string, unknown> }> {
  const headers = { 'x-operator': 'Ada' };
  const reply = await paid.service.call(`/admin/api/${path}`, { key: adminToken, headers, ...(body && { body }) });
  return { status: reply.status, body: JSON.parse(await reply.text()) };
}

const unprocessed = async () => (await admin('payments/unprocessed')).body['data'] as Record<string, unknown>[];
const failures = () => logged.filter((event) => event === 'payments.unprocessed').length;
const failedEvents = async () =>
  (await scrape(paid.service.baseUrl)).value('corvusllm_payment_events_total', {
    source: 'reconciler',
    outcome: 'failed',
  });
const gauge = async () => (await scrape(paid.service.baseUrl)).value('corvusllm_unprocessed_payments');

/** Spoils the first event of a type. @returns its id, and how it is made readable again */
function spoil(type: string, spoilt: object): { id: string; mend: () => void } {
  const event = paid.stripe.state.events.find((one) => one.type === type);
  if (!event) throw new Error(`there is no ${type}`);
  const { object } = event.data;
  event.data.object = { ...object, ...spoilt };
  return { id: event.id, mend: () => void (event.data.object = object) };
}

describe('an event that cannot be read', () => {
  test('stops no other, is reported, and is taken once it can be read, however long ago it came', async () => {
    const first = await paid.openOrder('5.00');
    const second = await paid.openOrder('7.00');
    paid.stripe.hands.pay(first.sessionId);
    paid.stripe.hands.pay(second.sessionId);
    const { id, mend } = spoil('checkout.session.completed', { amount_total: 'five' });
    // Otherwise the order itself is found out by its checkout.
    paid.stripe.state.sessions.delete(first.sessionId);
    await reconcile();
    expect(await balance()).toBe('7.00');
    expect(await unprocessed()).toMatchObject([{ id, kind: 'event', error: expect.stringContaining('amount_total') }]);
    expect((await admin('overview')).body).toMatchObject({ unprocessedPayments: 1 });
    expect(await gauge()).toBe(1);
    expect(logged).toContain('payments.unprocessed');
    // The rounds go on, far beyond the event.
    for (let round = 0; round < 3; round += 1) {
      paid.advance(2 * dayMs);
      await reconcile();
    }
    expect(await unprocessed()).toMatchObject([{ id }]);
    mend();
    await reconcile();
    expect(await balance()).toBe('12.00');
    expect(await unprocessed()).toEqual([]);
    expect(await gauge()).toBe(0);
  });

  test('that was delivered meanwhile is no longer missing', async () => {
    const { order, sessionId } = await paid.openOrder('5.00');
    paid.stripe.hands.pay(sessionId);
    const { id, mend } = spoil('payment_intent.succeeded', { amount_received: null });
    await reconcile();
    expect(await unprocessed()).toMatchObject([{ id }]);
    mend();
    await paid.deliverAll();
    await reconcile();
    expect(await unprocessed()).toEqual([]);
    expect(await paid.order(order.id)).toMatchObject({ status: 'paid_confirmed' });
  });

  test('stays on the list when Stripe has it no longer, until an operator dismisses it', async () => {
    await paid.paidOrder('5.00');
    paid.stripe.hands.refund([...paid.stripe.state.intents.keys()][0] ?? '', 100);
    const { id } = spoil('charge.refunded', { amount_refunded: 'all' });
    await reconcile();
    paid.stripe.state.events.length = 0;
    paid.advance(40 * dayMs);
    await reconcile();
    expect(await unprocessed()).toMatchObject([{ id, error: expect.stringContaining('amount_refunded') }]);
    expect((await admin(`payments/${id}/dismiss`, { reason: '' })).status).toBe(400);
    expect((await admin(`payments/${id}/dismiss`, { reason })).status).toBe(200);
    expect(await unprocessed()).toEqual([]);
    expect((await admin(`payments/${id}/dismiss`, { reason })).status).toBe(404);
    expect((await admin(`audit?q=${id}`)).body).toMatchObject({
      data: [{ action: 'payment.dismiss', operator: 'Ada', reason, before: { kind: 'event' } }],
    });
  });

  test('and was dismissed is not reported again by the next round', async () => {
    await paid.paidOrder('5.00');
    const spoilt = spoil('payment_intent.succeeded', { status: null });
    await paid.service.database.run('delete from payment_events');
    await reconcile();
    expect((await admin(`payments/${spoilt.id}/dismiss`, { reason })).status).toBe(200);
    const before = [failures(), await failedEvents()];
    await reconcile();
    expect(await unprocessed()).toEqual([]);
    expect([failures(), await failedEvents()]).toEqual(before);
  });

  test('is tried once in a round, whether it was found again or tried before', async () => {
    await paid.paidOrder('5.00');
    spoil('payment_intent.succeeded', { status: null });
    await paid.service.database.run('delete from payment_events');
    await reconcile();
    await reconcile();
    expect([failures(), await failedEvents()]).toEqual([2, 2]);
  });
});

test('a refund that Stripe cannot give stops no other, and stays on the list', async () => {
  const { paymentId } = await paid.paidOrder('20.00');
  const id = paid.stripe.hands.refund(paymentId, 100);
  Object.assign(paid.stripe.state.refunds.get(id) ?? {}, { status: null });
  paid.stripe.state.events.length = 0;
  await reconcile();
  paid.advance(60 * dayMs);
  // The last round that looks back to it.
  await reconcile();
  const { sessionId } = await paid.openOrder('7.00');
  paid.stripe.hands.pay(sessionId);
  const asksAgain = 3;
  paid.stripe.failNext(`GET /v1/refunds/${id}`, ...Array.from({ length: asksAgain }, () => 'error-before' as const));
  await reconcile();
  expect(await balance()).toBe('27.00');
  expect(await unprocessed()).toMatchObject([{ id, error: expect.not.stringContaining('status') }]);
});

test.each(['refund', 'dispute'] as const)('a %s that cannot be read stops no other', async (kind) => {
  const first = await paid.paidOrder('20.00');
  const second = await paid.paidOrder('30.00');
  const take = (paymentId: string) =>
    kind === 'refund'
      ? paid.stripe.hands.refund(paymentId, 1000)
      : paid.stripe.hands.dispute(paymentId, { amount: 1000 });
  take(second.paymentId);
  const id = take(first.paymentId);
  paid.stripe.state.events.length = 0;
  const object = (kind === 'refund' ? paid.stripe.state.refunds : paid.stripe.state.disputes).get(id);
  Object.assign(object ?? {}, { status: null });
  await reconcile();
  expect(await balance()).toBe('40.00');
  expect(await unprocessed()).toMatchObject([{ id, kind }]);
  Object.assign(object ?? {}, { status: kind === 'refund' ? 'succeeded' : 'lost' });
  paid.advance(60 * dayMs);
  await reconcile();
  expect(await balance()).toBe('30.00');
  expect(await unprocessed()).toEqual([]);
});

test('what is read and breaks a rule of the database stops no other either', async () => {
  const first = await paid.openOrder('5.00');
  const second = await paid.openOrder('7.00');
  paid.stripe.hands.pay(first.sessionId);
  paid.stripe.hands.pay(second.sessionId);
  const { id } = spoil('checkout.session.completed', { amount_total: -500 });
  paid.stripe.state.sessions.delete(first.sessionId);
  await reconcile();
  expect(await balance()).toBe('7.00');
  expect(await unprocessed()).toMatchObject([{ id }]);
});

test('a charge whose customer has a payment that cannot be read is found all the same', async () => {
  const setup = await paid.service.call('/v1/account/auto-topup/setup', { method: 'POST' });
  paid.stripe.hands.leaveCard(JSON.parse(await setup.text()).url);
  await paid.deliverAll();
  paid.stripe.failNext('POST /v1/payment_intents', 'reset-after', 'reset-after', 'reset-after');
  await paid.service.call('/v1/account/auto-topup', { method: 'PUT', body: { enabled: true } });
  await eventually(() => expect(paid.stripe.state.intents.size).toBe(1));
  const [made] = paid.stripe.state.intents.values();
  if (!made) throw new Error('nothing was charged');
  const odd = { ...structuredClone(made), id: 'pi_odd', metadata: {} };
  Object.assign(odd, { status: null });
  paid.stripe.state.intents.set(odd.id, odd);
  paid.stripe.state.events.length = 0;
  await eventually(async () => {
    await reconcile();
    expect(await balance()).toBe('10.00');
  });
});

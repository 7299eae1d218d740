import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type AutoTopup, autoTopupSchema } from '#shared/account/auto-topup.ts';
import { orderListSchema } from '#shared/account/orders.ts';
import { eventually } from '../../support/eventually.ts';
import { type PaidService, startPaidService } from '../../support/start-paid-service.ts';

let paid: PaidService;
let cardId: string;

const charge = 'POST /v1/payment_intents';
const hourMs = 3_600_000;

beforeEach(async () => {
  paid = await startPaidService();
  const reply = await paid.service.call('/v1/account/auto-topup/setup', { method: 'POST' });
  const setup = z.object({ object: z.literal('payment_method_setup'), url: z.url() }).parse(await reply.json());
  cardId = paid.stripe.hands.leaveCard(setup.url);
  await paid.deliverAll();
});

afterEach(async () => {
  expect(await paid.service.backend.verify()).toEqual([]);
  await paid[Symbol.asyncDispose]();
});

const view = async (): Promise<AutoTopup> =>
  autoTopupSchema.parse(await (await paid.service.call('/v1/account/auto-topup')).json());
const put = (body: object) => paid.service.call('/v1/account/auto-topup', { method: 'PUT', body });
const orders = async () => {
  const list = orderListSchema.parse(await (await paid.service.call('/v1/account/topups')).json());
  return list.data.filter(({ origin }) => origin === 'auto');
};
const balance = async () => (await paid.account()).balance;
const chargesMade = () => paid.stripe.calls.filter((call) => call === charge).length;
const intents = () => [...paid.stripe.state.intents.values()];

/** Switches it on while the balance, which is zero, is below the threshold. */
async function switchOn(settings: object = {}): Promise<void> {
  expect(
    (await put({ enabled: true, threshold: '3.00', amount: '10.00', monthlyCap: '25.00', ...settings })).status,
  ).toBe(200);
}

async function untilOrder(status: string): Promise<void> {
  await eventually(async () => expect((await orders()).map((order) => order.status)).toContain(status));
}

describe('setting it up', () => {
  test('a page at Stripe saves a card without a charge, and then it can be switched on', async () => {
    expect(await view()).toMatchObject({
      status: 'off',
      hasPaymentMethod: true,
      threshold: '3.00',
      amount: '10.00',
      monthlyCap: '200.00',
    });
    expect(intents()).toEqual([]);
    expect((await paid.account()).autoTopup).toMatchObject({ status: 'off' });
  });

  test('one payment in a checkout saves the card as well, if asked to', async () => {
    await using other = await startPaidService();
    const refused = await other.service.call('/v1/account/auto-topup', { method: 'PUT', body: { enabled: true } });
    expect(refused.status).toBe(409);
    await other.paidOrder('5.00');
    expect((await other.account()).autoTopup).toMatchObject({ hasPaymentMethod: false });
    await other.paidOrder('5.00', { savePaymentMethod: true });
    expect((await other.account()).autoTopup).toMatchObject({ hasPaymentMethod: true });
  });

  test.each([
    [{ enabled: true, threshold: '20.00', amount: '10.00' }, 'threshold'],
    [{ enabled: true, threshold: '0.00' }, 'threshold'],
    [{ enabled: true, amount: '2.00' }, 'amount'],
    [{ enabled: true, amount: '50.00', monthlyCap: '49.00' }, 'monthlyCap'],
  ])('%j is refused', async (body, param) => {
    const reply = await put(body);
    expect(reply.status).toBe(400);
    expect(await reply.json()).toMatchObject({ error: { param } });
  });

  test('a service without a payment provider offers none', async () => {
    await using other = await startPaidService({ payments: null });
    expect((await other.account()).autoTopup).toBeNull();
    expect((await other.service.call('/v1/account/auto-topup/setup', { method: 'POST' })).status).toBe(404);
  });
});

describe('charging (D80)', () => {
  test('a balance below the threshold is charged once and credited by the signed event alone', async () => {
    await switchOn();
    await untilOrder('pending');
    expect(await balance()).toBe('0.00');
    await paid.deliverAll();
    expect(await balance()).toBe('10.00');
    expect(intents()).toMatchObject([{ status: 'succeeded', amount: 1000, payment_method: cardId }]);
    expect(await view()).toMatchObject({ status: 'on', chargedThisMonth: '10.00', isCapReached: false });
  });

  test('hundreds of requests that end below the threshold at once are one charge', { timeout: 60_000 }, async () => {
    await paid.paidOrder('3.00');
    await switchOn();
    for (let round = 0; round < 3; round += 1) {
      const replies = await Promise.all(Array.from({ length: 100 }, () => paid.spend()));
      for (const reply of replies) {
        expect(reply.status).toBe(200);
        await reply.arrayBuffer();
      }
    }
    await untilOrder('pending');
    expect(chargesMade()).toBe(1);
    expect(await orders()).toHaveLength(1);
  });

  test('and hundreds that are refused, too', { timeout: 60_000 }, async () => {
    await switchOn();
    const replies = await Promise.all(Array.from({ length: 300 }, () => paid.spend()));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([429]));
    await untilOrder('pending');
    expect(chargesMade()).toBe(1);
    expect(intents()).toHaveLength(1);
    await paid.deliverAll();
    expect(await balance()).toBe('10.00');
  });

  test('spending that crosses the threshold charges; spending above it does not', async () => {
    await paid.paidOrder('3.00');
    await switchOn();
    expect(intents()).toHaveLength(1);
    expect((await paid.spend()).status).toBe(200);
    await untilOrder('pending');
    await paid.deliverAll();
    for (let round = 0; round < 5; round += 1) await paid.spend();
    expect(await orders()).toHaveLength(1);
    expect(intents()).toHaveLength(2);
  });

  test('a bank that takes its time keeps the claim: no second charge meanwhile', async () => {
    paid.stripe.hands.setCard(cardId, 'processing');
    await switchOn();
    await untilOrder('pending');
    await paid.spend();
    await paid.service.backend.reconcilePayments();
    expect(intents()).toHaveLength(1);
    paid.stripe.hands.settleIntent(intents()[0]?.id ?? '');
    await paid.deliverAll();
    expect(await balance()).toBe('10.00');
  });

  test.each(['card_declined', 'authentication_required'] as const)(
    '%s pauses it at once, says so, and is not tried again',
    async (behaviour) => {
      paid.stripe.hands.setCard(cardId, behaviour);
      await switchOn();
      await untilOrder('failed');
      await eventually(() => expect(intents()).toMatchObject([{ status: 'canceled' }]));
      expect((await paid.account()).autoTopup).toMatchObject({
        status: 'paused',
        pausedReason: behaviour,
        chargedThisMonth: '0.00',
      });
      await paid.deliverAll();
      for (let round = 0; round < 3; round += 1) await paid.spend();
      await paid.service.backend.reconcilePayments();
      expect(chargesMade()).toBe(1);
      expect(await orders()).toMatchObject([{ status: 'failed', failure: behaviour }]);
      paid.stripe.hands.setCard(cardId, 'ok');
      await switchOn();
      await untilOrder('pending');
      await paid.deliverAll();
      expect(await balance()).toBe('10.00');
      expect(await view()).toMatchObject({ status: 'on', pausedReason: null });
    },
  );

  test('a card that is gone pauses it too', async () => {
    paid.stripe.state.cards.delete(cardId);
    await switchOn();
    await untilOrder('failed');
    expect(await view()).toMatchObject({ status: 'paused', pausedReason: 'resource_missing' });
  });

  test('the monthly cap counts what is under way, and a new month begins at zero', async () => {
    paid.stripe.hands.setCard(cardId, 'processing');
    await switchOn({ amount: '10.00', monthlyCap: '10.00' });
    await untilOrder('pending');
    expect(await view()).toMatchObject({ chargedThisMonth: '10.00', isCapReached: true });
    const [first] = intents();
    paid.stripe.hands.settleIntent(first?.id ?? '');
    await paid.deliverAll();
    paid.stripe.hands.refund(first?.id ?? '', 1000);
    await paid.deliverAll();
    expect(await balance()).toBe('0.00');
    await paid.spend();
    expect(intents()).toHaveLength(1);
    paid.advance(32 * 24 * hourMs);
    await paid.spend();
    await eventually(() => expect(intents()).toHaveLength(2));
  });

  test('a dispute pauses it: no further automatic charges', async () => {
    await switchOn();
    await untilOrder('pending');
    await paid.deliverAll();
    paid.stripe.hands.dispute(intents()[0]?.id ?? '');
    await paid.deliverAll();
    expect(await view()).toMatchObject({ status: 'paused', pausedReason: 'payment_disputed' });
    await paid.spend();
    expect(intents()).toHaveLength(1);
  });

  test('a dispute that is first heard of when it is lost pauses it, too', async () => {
    const { order, paymentId } = await paid.paidOrder('20.00');
    await switchOn();
    paid.stripe.hands.dispute(paymentId, { status: 'lost' });
    await paid.deliverAll();
    expect(await paid.order(order.id)).toMatchObject({ status: 'charged_back' });
    expect(await view()).toMatchObject({ status: 'paused', pausedReason: 'payment_disputed' });
  });

  test('switched on again, it stays on while the dispute that paused it goes on', async () => {
    const { paymentId } = await paid.paidOrder('20.00');
    await switchOn();
    const disputeId = paid.stripe.hands.dispute(paymentId, { amount: 500 });
    await paid.deliverAll();
    expect(await view()).toMatchObject({ status: 'paused' });
    await switchOn();
    await paid.service.backend.reconcilePayments();
    paid.advance(5_000);
    paid.stripe.hands.moveDispute(disputeId, 'under_review');
    await paid.deliverAll();
    expect(await view()).toMatchObject({ status: 'on' });
  });
});

describe('when the answer to a charge is lost (D80)', () => {
  test.each(['reset-after', 'reset-before'] as const)('%s: the same key is sent again, one charge', async (fault) => {
    paid.stripe.failNext(charge, fault);
    await switchOn();
    await untilOrder('pending');
    expect(chargesMade()).toBe(2);
    expect(intents()).toHaveLength(1);
    await paid.deliverAll();
    expect(await balance()).toBe('10.00');
  });

  test('an error that Stripe repeats although it charged: found by asking, credited once', async () => {
    paid.stripe.failNext(charge, 'error-after');
    await switchOn();
    await eventually(() => expect(chargesMade()).toBe(3));
    paid.stripe.state.events.length = 0;
    await eventually(async () => {
      await paid.service.backend.reconcilePayments();
      expect(await balance()).toBe('10.00');
    });
    await paid.deliverAll();
    expect(await balance()).toBe('10.00');
    expect(intents()).toHaveLength(1);
  });

  test('an error that Stripe repeats and did not charge: the claim is kept, and given up after 23 hours, never charged again', async () => {
    paid.stripe.failNext(charge, 'error-before');
    await switchOn();
    await eventually(() => expect(chargesMade()).toBe(3));
    await paid.spend();
    expect(await orders()).toMatchObject([{ status: 'created' }]);
    paid.advance(23 * hourMs);
    await eventually(async () => {
      await paid.service.backend.reconcilePayments();
      expect(await orders()).toMatchObject([{ status: 'failed', failure: 'payment_unavailable' }]);
    });
    expect(chargesMade()).toBe(3);
    expect(intents()).toEqual([]);
    expect(await view()).toMatchObject({ status: 'paused', pausedReason: 'payment_unavailable' });
  });

  test('Stripe is down, then back: the charge that never arrived is made, once', { timeout: 60_000 }, async () => {
    const up = paid.stripe.goDown();
    await switchOn();
    await eventually(() => expect(chargesMade()).toBeGreaterThan(0));
    up();
    await eventually(async () => {
      await paid.service.backend.reconcilePayments();
      expect(await orders()).toMatchObject([{ status: 'paid_confirmed' }]);
    });
    await paid.deliverAll();
    expect(await balance()).toBe('10.00');
    expect(intents()).toHaveLength(1);
  });
});

import fc from 'fast-check';
import { Stripe } from 'stripe';
import { expect, test } from 'vitest';
import { type AutoTopup, createAutoTopup } from '#backend/billing/auto-topup/auto-topup.ts';
import { reconcile } from '#backend/billing/payments/reconcile.ts';
import { takeEvent } from '#backend/billing/payments/take-event.ts';
import type { Db } from '#backend/database/open-database.ts';
import { readEvent } from '#backend/stripe/stripe-events.ts';
import { createStripeGateway } from '#backend/stripe/stripe-gateway.ts';
import { availableOf, platformAccounts } from '#backend/ledger/chart-of-accounts.ts';
import { keepCustomer, writeAutoTopup } from '#backend/billing/auto-topup/auto-topup-store.ts';
import { readFunds } from '#backend/store/ledger-store.ts';
import { verifyLedger } from '#backend/verify/verify-ledger.ts';
import { systemClock, systemRandom } from '#backend/runtime/system-ports.ts';
import { nanoUsd, zeroUsd } from '#shared/money.ts';
import { type Fault, startFakeStripe } from '../../support/fakes/fake-stripe.ts';
import type { SavedCard } from '../../support/fakes/fake-stripe-state.ts';
import { inLedger, openTestLedger, type TestLedger } from '../../support/open-test-ledger.ts';
import { noTelemetry } from '#backend/telemetry/telemetry.ts';
import { createEvents } from '#backend/runtime/events.ts';
import { quietLogger } from '../../support/start-test-backend.ts';
import { databaseKind } from '../../support/test-database.ts';

const dollar = 1_000_000_000n;
const monthlyCap = nanoUsd(40n * dollar);
const settings = { isEnabled: true, threshold: nanoUsd(3n * dollar), amount: nanoUsd(10n * dollar), monthlyCap };

/** Two instances of the service that share only the database, and one Stripe. */
async function openPair() {
  let offsetMs = 0;
  const nowMs = (): number => Date.now() + offsetMs;
  const stripe = await startFakeStripe(nowMs);
  const ledger = await openTestLedger(zeroUsd);
  const { hostname, port } = new URL(stripe.baseUrl);
  const client = new Stripe(stripe.secretKey, { host: hostname, port, protocol: 'http', maxNetworkRetries: 0 });
  const gateway = createStripeGateway({ client, secrets: [stripe.webhookSecret], isLive: false });
  const clock = { ...systemClock, nowMs };
  const instances = [1, 2].map(() => {
    const parts = {
      db: ledger.db,
      clock,
      random: systemRandom,
      logger: quietLogger,
      telemetry: noTelemetry,
      gateway,
      events: createEvents(),
    };
    const autoTopup: AutoTopup = createAutoTopup(parts);
    return { autoTopup, reconcile: () => reconcile({ ...parts, autoTopup }) };
  });
  const customerId = await keepCustomer(ledger.db, ledger.accountId, await gateway.createCustomer(ledger.accountId));
  const card: SavedCard = { id: 'pm_1', customer: customerId, behaviour: 'ok' };
  stripe.state.cards.set(card.id, card);
  await ledger.db.updateTable('payment_profiles').set({ method_id: card.id }).execute();
  await writeAutoTopup(ledger.db, ledger.accountId, settings);
  return {
    stripe,
    ledger,
    instances,
    card,
    advance: (ms: number) => {
      offsetMs += ms;
    },
    considerAll: (times: number) =>
      Promise.all(
        instances.flatMap(({ autoTopup }) => Array.from({ length: times }, () => autoTopup.consider(ledger.accountId))),
      ),
    async [Symbol.asyncDispose]() {
      await ledger[Symbol.asyncDispose]();
      await stripe.close();
    },
  };
}

/** Spends the whole balance. */
async function spendAll(ledger: TestLedger): Promise<void> {
  await inLedger(ledger, 1, async (_tx, ledger) => {
    const { available } = ledger.funds;
    if (available === 0n) return;
    const ends = { debitId: availableOf(ledger.accountId), creditId: platformAccounts.revenue };
    ledger.post({
      id: crypto.randomUUID(),
      kind: 'charge',
      ...ends,
      amount: available,
      requestId: null,
      orderId: null,
    });
    const line = {
      kind: 'usage',
      amount: nanoUsd(-available),
      requestId: null,
      orderId: null,
      description: 'all',
      receiptHash: null,
    } as const;
    ledger.appendLine(line);
  });
}

function openOrders(db: Db) {
  return db.selectFrom('orders').select('id').where('status', 'in', ['created', 'pending']).execute();
}

test('two instances that see the same crossing a hundred times each: one charge (D80)', async () => {
  await using pair = await openPair();
  await pair.considerAll(100);
  expect(pair.stripe.state.intents.size).toBe(1);
  expect(pair.stripe.calls.filter((call) => call === 'POST /v1/payment_intents')).toHaveLength(1);
});

test('another instance looks after a charge that is still on its way, and sends it again: one charge (D80)', async () => {
  await using pair = await openPair();
  const [first, second] = pair.instances;
  // The first request is answered only after the second instance has asked, found nothing, and charged.
  const answer = pair.stripe.delayNext('POST /v1/payment_intents');
  const charging = first?.autoTopup.consider(pair.ledger.accountId);
  await answer.arrived;
  await second?.reconcile();
  answer.letGo();
  await charging;
  expect(pair.stripe.calls.filter((call) => call === 'POST /v1/payment_intents')).toHaveLength(2);
  expect(pair.stripe.state.intents.size).toBe(1);
  await first?.reconcile();
  expect((await readFunds(pair.ledger.db, pair.ledger.accountId)).available).toBe(10n * dollar);
});

const faults: readonly Fault[] = ['reset-before', 'reset-after', 'error-before', 'error-after'];
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('spend' as const), times: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('fault' as const), fault: fc.constantFrom(...faults) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('card' as const),
      behaviour: fc.constantFrom('ok', 'ok', 'card_declined', 'processing'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('deliver' as const), keep: fc.integer({ min: 0, max: 3 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('reconcile' as const), instance: fc.integer({ min: 0, max: 1 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('settle' as const, 'resume' as const, 'day' as const) }) },
);

test(
  'whatever gets lost between the service and Stripe: one charge per order, every charge credited once, never beyond the cap',
  { timeout: 180_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
        await using pair = await openPair();
        const { stripe, ledger, instances, card } = pair;
        for (const next of steps) {
          if (next.do === 'spend') {
            await spendAll(ledger);
            await pair.considerAll(next.times);
          } else if (next.do === 'fault') stripe.failNext('POST /v1/payment_intents', next.fault);
          else if (next.do === 'card') card.behaviour = next.behaviour as SavedCard['behaviour'];
          else if (next.do === 'deliver') {
            const events = stripe.takeEvents();
            for (const event of events.slice(next.keep).reverse())
              await takeEvent(ledger.db, readEvent(event), 'webhook', 1);
          } else if (next.do === 'reconcile') await instances[next.instance]?.reconcile();
          else if (next.do === 'resume') await writeAutoTopup(ledger.db, ledger.accountId, settings);
          else if (next.do === 'day') pair.advance(86_400_000);
          else
            for (const intent of stripe.state.intents.values())
              if (intent.status === 'processing') stripe.hands.settleIntent(intent.id);
          expect((await openOrders(ledger.db)).length).toBeLessThanOrEqual(1);
        }
        for (const intent of stripe.state.intents.values())
          if (intent.status === 'processing') stripe.hands.settleIntent(intent.id);
        await instances[0]?.reconcile();
        await instances[1]?.reconcile();
        const taken = [...stripe.state.intents.values()].filter(({ status }) => status === 'succeeded');
        const credited = await ledger.db
          .selectFrom('orders')
          .selectAll()
          .where('status', '=', 'paid_confirmed')
          .execute();
        expect(credited.map(({ payment_id }) => payment_id).toSorted()).toEqual(taken.map(({ id }) => id).toSorted());
        expect(new Set([...stripe.state.intents.values()].map(({ metadata }) => JSON.stringify(metadata))).size).toBe(
          stripe.state.intents.size,
        );
        expect(await verifyLedger(ledger.db)).toEqual([]);
        const byMonth = Map.groupBy(credited, ({ created_at_ms }) =>
          new Date(Number(created_at_ms)).toISOString().slice(0, 7),
        );
        for (const orders of byMonth.values()) {
          expect(orders.reduce((sum, { amount }) => sum + amount, 0n)).toBeLessThanOrEqual(monthlyCap);
        }
      }),
      { numRuns: databaseKind === 'sqlite' ? 40 : 15 },
    );
  },
);

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PaymentEvent } from '#backend/billing/payments/payment-gateway.ts';
import { takeEvent } from '#backend/billing/payments/take-event.ts';
import type { Db } from '#backend/database/open-database.ts';
import { readEvent } from '#backend/stripe/stripe-events.ts';
import { readFunds } from '#backend/store/ledger-store.ts';
import { insertOrder, setCheckout } from '#backend/store/order-store.ts';
import { verifyLedger } from '#backend/verify/verify-ledger.ts';
import { nanoUsd, zeroUsd } from '#shared/money.ts';
import { createStripeApi } from '../../support/fakes/fake-stripe-api.ts';
import { StripeState } from '../../support/fakes/fake-stripe-state.ts';
import { openTestLedger } from '../../support/open-test-ledger.ts';
import { databaseKind } from '../../support/test-database.ts';

/** A separate database for every order of events is slow on PostgreSQL. */
const isQuick = databaseKind === 'sqlite';
const orderId = 'ord_1';
const amount = nanoUsd(20_000_000_000n);

/** What may happen to a payment after it was made. */
const happening = fc.oneof(
  fc.record({ do: fc.constant('refund' as const), cents: fc.integer({ min: 1, max: 1200 }) }),
  fc.record({ do: fc.constant('failRefund' as const), pick: fc.nat() }),
  fc.record({ do: fc.constant('dispute' as const), cents: fc.integer({ min: 1, max: 2000 }), isInquiry: fc.boolean() }),
  fc.record({
    do: fc.constant('moveDispute' as const),
    pick: fc.nat(),
    status: fc.constantFrom('needs_response', 'under_review', 'won', 'lost', 'warning_closed', 'appeal_under_review'),
  }),
  fc.record({ do: fc.constant('wait' as const), seconds: fc.integer({ min: 0, max: 2 }) }),
);
type Happening = typeof happening extends fc.Arbitrary<infer Value> ? Value : never;

const way = fc.constantFrom('card' as const, 'later' as const, 'later-failed' as const);

/** Every event of one payment's life, as the provider makes them. */
function eventsOf(
  paidHow: 'card' | 'later' | 'later-failed',
  happenings: readonly Happening[],
): { events: PaymentEvent[]; sessionId: string } {
  let nowS = 1_800_000_000;
  const state = new StripeState(() => nowS * 1000);
  const { hands, answer } = createStripeApi(state);
  const form = {
    mode: 'payment',
    success_url: 'http://localhost/',
    client_reference_id: orderId,
    line_items: [{ quantity: 1, price_data: { currency: 'usd', unit_amount: 2000, product_data: { name: 'x' } } }],
  };
  answer({ method: 'POST', path: '/v1/checkout/sessions', query: new URLSearchParams(), form });
  const [session] = state.sessions.values();
  if (!session) throw new Error('there is no session');
  hands.pay(session.id, paidHow === 'card' ? 'card' : 'later');
  nowS += 1;
  if (paidHow !== 'card') hands.settle(session.id, paidHow === 'later');
  const refunds: string[] = [];
  const disputes: string[] = [];
  const paymentId = session.payment_intent ?? '';
  const isDone = new Set<string>();
  for (const next of paidHow === 'later-failed' ? [] : happenings) {
    const charge = [...state.charges.values()][0];
    if (next.do === 'wait') nowS += next.seconds;
    if (next.do === 'refund' && charge && charge.amount_refunded + next.cents <= charge.amount)
      refunds.push(hands.refund(paymentId, next.cents));
    if (next.do === 'dispute') {
      disputes.push(
        hands.dispute(paymentId, {
          amount: next.cents,
          status: next.isInquiry ? 'warning_needs_response' : 'needs_response',
        }),
      );
    }
    if (next.do === 'failRefund' && refunds.length > 0) {
      const id = refunds[next.pick % refunds.length] ?? '';
      if (isDone.has(id)) continue;
      isDone.add(id);
      nowS += 1;
      hands.failRefund(id);
    }
    if (next.do === 'moveDispute' && disputes.length > 0) {
      // A bank takes longer than a second from one decision to the next.
      nowS += 1;
      hands.moveDispute(disputes[next.pick % disputes.length] ?? '', next.status);
    }
  }
  return { events: state.events.map((event) => readEvent(structuredClone(event))), sessionId: session.id };
}

async function ledgerAfter(events: readonly PaymentEvent[], sessionId: string) {
  await using ledger = await openTestLedger(zeroUsd);
  await insertOrder(ledger.db, { id: orderId, accountId: ledger.accountId, amount, nowMs: 1 });
  await setCheckout(ledger.db, orderId, { sessionId, url: 'http://localhost/' });
  for (const event of events) await takeEvent(ledger.db, event, 'webhook', 2);
  expect(await verifyLedger(ledger.db)).toEqual([]);
  return {
    ...(await platformAccounts(ledger.db)),
    funds: await readFunds(ledger.db, ledger.accountId),
    order: await orderFacts(ledger.db),
  };
}

/** The balances of all platform accounts. */
async function platformAccounts(db: Db) {
  const sums = new Map<string, bigint>();
  for (const { debit_id, credit_id, amount } of await db.selectFrom('ledger_transfers').selectAll().execute()) {
    sums.set(debit_id, (sums.get(debit_id) ?? 0n) - amount);
    sums.set(credit_id, (sums.get(credit_id) ?? 0n) + amount);
  }
  return Object.fromEntries([...sums].filter(([id, sum]) => id.startsWith('platform:') && sum !== 0n).toSorted());
}

function orderFacts(db: Db) {
  return db
    .selectFrom('orders')
    .select(['status', 'refunded', 'disputed', 'lost', 'payment_id'])
    .executeTakeFirstOrThrow();
}

test(
  'the events of a payment in any order and any number leave the same ledger, and it is right (D76)',
  { timeout: 120_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(
        way,
        fc.array(happening, { maxLength: 6 }),
        fc.infiniteStream(fc.nat()),
        async (paidHow, happenings, randoms) => {
          const { events, sessionId } = eventsOf(paidHow, happenings);
          const inOrder = await ledgerAfter(events, sessionId);
          const doubled = events.flatMap((event) =>
            Number(randoms.next().value) % 3 === 0 ? [event, event] : [event],
          );
          const shuffled = doubled
            .map((event) => ({ event, rank: Number(randoms.next().value) }))
            .toSorted((one, other) => one.rank - other.rank)
            .map(({ event }) => event);
          expect(await ledgerAfter(shuffled, sessionId)).toEqual(inOrder);
          expect(await ledgerAfter(events.toReversed(), sessionId)).toEqual(inOrder);
        },
      ),
      { numRuns: isQuick ? 80 : 15 },
    );
  },
);

test('every order of credit, refund, dispute and its end gives the same result', { timeout: 60_000 }, async () => {
  const { events, sessionId } = eventsOf('later', [
    { do: 'refund', cents: 500 },
    { do: 'dispute', cents: 1500, isInquiry: false },
    { do: 'moveDispute', pick: 0, status: 'won' },
  ]);
  const types = [
    'checkout.session.completed',
    'checkout.session.async_payment_succeeded',
    'payment_intent.succeeded',
    'charge.refunded',
    'charge.dispute.created',
    'charge.dispute.closed',
  ];
  const chosen = types
    .map((type) => events.find((event) => event.type === type))
    .filter((event) => event !== undefined);
  expect(chosen).toHaveLength(types.length);
  const seen = new Set<string>();
  const orders = permutations(chosen).filter((_, index) => isQuick || index % 17 === 0);
  for (const order of orders) {
    const ledger = await ledgerAfter(order, sessionId);
    seen.add(JSON.stringify(ledger, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value)));
  }
  expect(seen.size).toBe(1);
  expect([...seen][0]).toContain('"available":"15000000000"');
});

function permutations<Item>(items: readonly Item[]): Item[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}

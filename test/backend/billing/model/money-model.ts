import type { StripeState } from '../../../support/fakes/fake-stripe-state.ts';
import type { Deviation } from './steps.ts';

/** What an independent observer knows of an order: what was ordered, and what an operator decided. */
export interface KnownOrder {
  id: string;
  cents: number;
  /** Null: an automatic top-up. */
  sessionId: string | null;
  deviation: Deviation;
  /** The payment that an operator settled it with; `by hand`: without one. Null: not settled by an operator. */
  settledWith: string | null;
  isRefused: boolean;
}

/** Where the money has to be, in nano-dollars. */
export interface Expected {
  balance: bigint;
  cash: bigint;
  refunds: bigint;
  disputes: bigint;
  /** Orders that an operator has to decide about. */
  inReview: string[];
  /** Payments that have to be paid back: neither a refund nor a dispute has done it. */
  paidTwice: string[];
}

const nanosPerCent = 10_000_000n;
const dead = new Set(['won', 'prevented', 'warning_needs_response', 'warning_under_review', 'warning_closed']);

/** What Stripe and the operators know decides alone, however and whenever the service heard of it. */
export function expectedOf(state: StripeState, orders: readonly KnownOrder[]): Expected {
  const expected: Expected = { balance: 0n, cash: 0n, refunds: 0n, disputes: 0n, inReview: [], paidTwice: [] };
  for (const order of orders) {
    const payments = paymentsOf(state, order.id);
    const [first = null] = payments;
    const creditedBy = order.settledWith ?? (isAsOrdered(order) && first ? first.id : null);
    if (creditedBy === null) {
      if (first && !order.isRefused) expected.inReview.push(order.id);
      continue;
    }
    for (const { id, paid } of payments)
      if (id !== creditedBy && refundedOf(state, id) + disputedOf(state, id) < paid) expected.paidTwice.push(id);
    const credit = BigInt(order.cents) * nanosPerCent;
    const { refunded, disputed, lost } = takenBack(state, creditedBy, credit);
    expected.balance += credit - refunded - disputed;
    expected.cash -= credit;
    expected.refunds += refunded;
    expected.disputes += disputed + lost;
  }
  return { ...expected, inReview: expected.inReview.toSorted(), paidTwice: expected.paidTwice.toSorted() };
}

/** The part of the credit that was bought with the money that went back; what went back twice is the platform's loss. */
function takenBack(state: StripeState, paymentId: string, credit: bigint) {
  const paid = BigInt(state.intents.get(paymentId)?.amount_received ?? 0);
  if (paid === 0n) return { refunded: 0n, disputed: 0n, lost: 0n };
  const refundShare = (credit * BigInt(refundedOf(state, paymentId))) / paid;
  const disputeShare = (credit * BigInt(disputedOf(state, paymentId))) / paid;
  const refunded = refundShare < credit ? refundShare : credit;
  const disputed = disputeShare < credit - refunded ? disputeShare : credit - refunded;
  return { refunded, disputed, lost: refundShare + disputeShare - refunded - disputed };
}

function isAsOrdered({ deviation }: KnownOrder): boolean {
  return deviation === 'none' || deviation === 'tax';
}

/** What was really paid for an order. */
export function paymentsOf(state: StripeState, orderId: string): { id: string; paid: number }[] {
  return [...state.intents.values()]
    .filter(({ status, metadata }) => status === 'succeeded' && Object(metadata).corvus_order === orderId)
    .map(({ id, amount_received: paid }) => ({ id, paid }));
}

function refundedOf(state: StripeState, paymentId: string): number {
  return sum([...state.refunds.values()].filter((one) => one.payment_intent === paymentId && one.status !== 'failed'));
}

function disputedOf(state: StripeState, paymentId: string): number {
  return sum([...state.disputes.values()].filter((one) => one.payment_intent === paymentId && !dead.has(one.status)));
}

function sum(rows: readonly { amount: number }[]): number {
  return rows.reduce((total, { amount }) => total + amount, 0);
}

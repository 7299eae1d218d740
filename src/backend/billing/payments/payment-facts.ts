/** What a payment provider reports about money, reduced to what affects a balance. Amounts are cents of their currency. */
export type PaymentFact =
  | SessionFact
  | IntentFact
  | RefundedTotalFact
  | ({ kind: 'refund' } & MoneyBackFact)
  | ({ kind: 'dispute'; currency: string } & MoneyBackFact)
  | SavedMethodFact;

/** A checkout's state. */
interface SessionFact {
  kind: 'session';
  sessionId: string;
  orderId: string | null;
  state: 'created' | 'pending' | 'paid' | 'failed' | 'expired';
  paymentId: string | null;
  currency: string | null;
  /** Before and after taxes and discounts. */
  subtotalCents: number | null;
  totalCents: number | null;
  discountCents: number;
}

/** A payment's own state. */
interface IntentFact {
  kind: 'intent';
  paymentId: string;
  orderId: string | null;
  state: 'open' | 'pending' | 'paid' | 'failed';
  /** Why it failed, as the provider's code. */
  failure: string | null;
  currency: string;
  receivedCents: number;
}

/** All refunds of a payment together, as of some moment. */
interface RefundedTotalFact {
  kind: 'refunded-total';
  paymentId: string;
  refundedCents: number;
}

/** One refund, in the currency of its payment, or one dispute. */
export interface MoneyBackFact {
  id: string;
  paymentId: string;
  amountCents: number;
  status: string;
  /** The provider's time of this fact, in seconds. */
  asOfS: number;
}

/** A payment method that may be charged without the customer present. */
interface SavedMethodFact {
  kind: 'method';
  customerId: string;
  methodId: string;
  asOfS: number;
}

const refundRanks: Readonly<Record<string, number>> = {
  pending: 1,
  requires_action: 2,
  succeeded: 3,
  failed: 4,
  canceled: 4,
};
const disputeRanks: Readonly<Record<string, number>> = {
  warning_needs_response: 1,
  warning_under_review: 2,
  needs_response: 3,
  under_review: 4,
  lost: 5,
  appeal_needs_response: 6,
  appeal_under_review: 7,
  won: 8,
  warning_closed: 8,
  prevented: 8,
};

interface KnownStatus {
  status: string;
  asOfS: number;
}

/**
 * Whether a fact is newer than the known one, whatever order they came in: by the provider's clock, and within the same
 * second by how far along the status is. The newest of a set is the same in any order.
 */
export function isNewer(kind: 'refund' | 'dispute', fact: KnownStatus, known: KnownStatus): boolean {
  if (fact.asOfS !== known.asOfS) return fact.asOfS > known.asOfS;
  const ranks = kind === 'refund' ? refundRanks : disputeRanks;
  return (ranks[fact.status] ?? 0) > (ranks[known.status] ?? 0);
}

/** A failed or cancelled refund leaves the money with the platform. */
export function isRefundEffective(status: string): boolean {
  return status !== 'failed' && status !== 'canceled';
}

/** Whether the bank has the money: from the dispute's start until it is won. Inquiries (`warning_…`) move none. */
export function isDisputeEffective(status: string): boolean {
  return status !== 'won' && status !== 'prevented' && !status.startsWith('warning_');
}

/** The dispute is lost for good. */
export function isDisputeLost(status: string): boolean {
  return status === 'lost';
}

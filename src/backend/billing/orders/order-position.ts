import { lesserOf, nanoUsd, type NanoUsd } from '#shared/money.ts';

/** How much of an order's credit refunds and disputes have taken back, and what they cost the platform beyond it. */
export interface OrderPosition {
  refunded: NanoUsd;
  disputed: NanoUsd;
  lost: NanoUsd;
}

export interface MoneyBack {
  /** What the customer was credited. */
  credit: NanoUsd;
  /** What the customer paid, tax included, and what went back of it: cents of whatever currency. */
  paidCents: bigint;
  refundedCents: bigint;
  disputedCents: bigint;
}

/**
 * Where an order has to stand, from the facts and not from the order in which they came. A customer never gives back
 * more than was credited; if the same money is both refunded and disputed, the platform bears the loss.
 */
export function orderPosition({ credit, paidCents, refundedCents, disputedCents }: MoneyBack): OrderPosition {
  const refundedShare = shareOf(credit, refundedCents, paidCents);
  const disputedShare = shareOf(credit, disputedCents, paidCents);
  const refunded = lesserOf(refundedShare, credit);
  const disputed = lesserOf(disputedShare, credit - refunded);
  return {
    refunded,
    disputed,
    lost: nanoUsd(refundedShare + disputedShare - refunded - disputed),
  };
}

/** The part of the credit that this part of the payment bought; without tax they are equal. */
function shareOf(credit: bigint, cents: bigint, paidCents: bigint): bigint {
  return (credit * cents) / paidCents;
}

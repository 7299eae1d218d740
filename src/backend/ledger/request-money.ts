import { type NanoUsd, nanoUsd } from '#shared/money.ts';
import { heldOf, house } from './chart-of-accounts.ts';
import type { Transfer } from './decide-transfer.ts';

/** The posting that takes a request's cost out of its hold. Its id makes a second charge of one request impossible. */
export function chargeTransfer(accountId: string, requestId: string, amount: NanoUsd): Transfer {
  return {
    id: `${requestId}:charge`,
    kind: 'charge',
    debitId: heldOf(accountId),
    creditId: house.revenue,
    amount,
    requestId,
    orderId: null,
  };
}

/**
 * The posting for what a request cost beyond what was charged first, or less than that: then it goes back into the hold.
 * @param amount signed, not zero
 */
export function adjustTransfer(accountId: string, requestId: string, amount: NanoUsd): Transfer {
  const [held, id] = [heldOf(accountId), `${requestId}:adjust`];
  const ends = amount > 0n ? { debitId: held, creditId: house.revenue } : { debitId: house.revenue, creditId: held };
  return { id, kind: 'adjust', ...ends, amount: nanoUsd(amount < 0n ? -amount : amount), requestId, orderId: null };
}

/** The posting for what an upstream took. */
export function costTransfer(requestId: string, amount: NanoUsd): Transfer {
  return { id: `${requestId}:cost`, kind: 'cost', debitId: house.upstreamCost, creditId: house.payables, amount, requestId, orderId: null };
}

/** The posting for cost that the house takes on itself. */
export function absorbTransfer(requestId: string, amount: NanoUsd): Transfer {
  return { id: `${requestId}:absorb`, kind: 'absorb', debitId: house.absorbed, creditId: house.revenue, amount, requestId, orderId: null };
}

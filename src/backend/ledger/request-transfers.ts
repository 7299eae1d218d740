import { type NanoUsd, nanoUsd } from '#shared/money.ts';
import { heldOf, platformAccounts } from './chart-of-accounts.ts';
import type { Transfer } from './decide-transfer.ts';

/**
 * The posting that takes a request's cost out of its hold. Its id makes a second charge of the same request impossible.
 */
export function chargeTransfer(accountId: string, requestId: string, amount: NanoUsd): Transfer {
  return {
    id: `${requestId}:charge`,
    kind: 'charge',
    debitId: heldOf(accountId),
    creditId: platformAccounts.revenue,
    amount,
    requestId,
    orderId: null,
  };
}

/**
 * The posting for the difference to what was charged first: more is charged, less is returned to the hold. @param
 * amount signed, not zero
 */
export function adjustTransfer(accountId: string, requestId: string, amount: NanoUsd): Transfer {
  const [held, id] = [heldOf(accountId), `${requestId}:adjust`];
  const ends =
    amount > 0n
      ? { debitId: held, creditId: platformAccounts.revenue }
      : { debitId: platformAccounts.revenue, creditId: held };
  return { id, kind: 'adjust', ...ends, amount: nanoUsd(amount < 0n ? -amount : amount), requestId, orderId: null };
}

/** The posting for what an upstream charges. */
export function costTransfer(requestId: string, amount: NanoUsd): Transfer {
  return {
    id: `${requestId}:cost`,
    kind: 'cost',
    debitId: platformAccounts.upstreamCost,
    creditId: platformAccounts.payables,
    amount,
    requestId,
    orderId: null,
  };
}

/** The posting for cost that is written off. */
export function writeOffTransfer(requestId: string, amount: NanoUsd): Transfer {
  return {
    id: `${requestId}:write_off`,
    kind: 'write_off',
    debitId: platformAccounts.writtenOff,
    creditId: platformAccounts.revenue,
    amount,
    requestId,
    orderId: null,
  };
}

import { atLeastZero, lesserOf, nanoUsd, type NanoUsd } from '#shared/money.ts';

export interface HoldRequest {
  /** The amount the request wants to reserve. */
  wanted: NanoUsd;
  /** The least that is worth starting with: the input and a little output. */
  minimum: NanoUsd;
}

export interface Funds {
  available: NanoUsd;
  /** Reserved by other requests of the same account; some of it usually comes back. */
  held: NanoUsd;
  /** Debt from a refund or a dispute, as a positive number. While there is any, nothing is available. */
  owed: NanoUsd;
}

/** From the balances of its three ledger accounts: what is owed is negative there. */
export function fundsOf(balances: { available: bigint; held: bigint; owed: bigint }): Funds {
  return {
    available: nanoUsd(balances.available),
    held: nanoUsd(balances.held),
    owed: nanoUsd(-balances.owed),
  };
}

/** What the account is worth; negative only with debt. */
export function balanceOf({ available, held, owed }: Funds): NanoUsd {
  return nanoUsd(available + held - owed);
}

export type HoldDecision = { kind: 'hold'; amount: NanoUsd } | { kind: 'wait' } | { kind: 'refuse' };

/**
 * How much to reserve. Money that other requests hold is neither spent nor free. A request that only lacks that money
 * waits for it, so that concurrent requests are served until the balance itself, not its reservation, runs out. An
 * account with debt gets nothing, however little it costs.
 * @param mayWait false once the waiting time is over: then what is available decides
 */
export function decideHold(
  { wanted, minimum }: HoldRequest,
  { available, held, owed }: Funds,
  mayWait: boolean,
): HoldDecision {
  if (owed > 0n) return { kind: 'refuse' };
  if (available >= wanted) return { kind: 'hold', amount: wanted };
  const isReservedByOthers = held > 0n && available + held >= minimum;
  if (isReservedByOthers && mayWait) return { kind: 'wait' };
  return available >= minimum ? { kind: 'hold', amount: available } : { kind: 'refuse' };
}

export interface SettlementPlan {
  /** Taken from what is available, because the request cost more than it held. */
  extension: NanoUsd;
  charge: NanoUsd;
  returned: NanoUsd;
  /** Cost that neither hold nor balance covers: it is written off, and the customer never owes it. */
  writtenOff: NanoUsd;
}

/** Splits what a request cost between its hold, the account's free money and a write-off. */
export function planSettlement(cost: NanoUsd, held: NanoUsd, available: NanoUsd): SettlementPlan {
  const extension = lesserOf(atLeastZero(cost - held), available);
  const reserved = held + extension;
  const charge = lesserOf(cost, reserved);
  return {
    extension,
    charge,
    returned: nanoUsd(reserved - charge),
    writtenOff: nanoUsd(cost - charge),
  };
}

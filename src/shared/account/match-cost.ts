import { costAt } from '../metering/price-usage.ts';
import { type NanoUsd, parseUsd, sumUsd, usdText, zeroUsd } from '../money.ts';
import type { Receipt } from './receipt.ts';
import { chargeFor, type RequestBilling, reserveOf } from './request-billing.ts';
import type { UsageSource } from '../metering/usage.ts';
import type { ChargeMatch, Lane, RequestStatus, RequestSummary } from './request.ts';

export interface CostFacts {
  status: RequestStatus;
  lane: Lane | null;
  provider: string | null;
  /** The settled cost, or else the metered one; null: unknown. */
  cost: NanoUsd | null;
  /** The account's receipt or its ledger says so. */
  isSettled: boolean;
}

/** What a request cost, and how far that is certain. */
export function costOf({
  status,
  lane,
  provider,
  cost,
  isSettled,
}: CostFacts): Pick<RequestSummary, 'cost' | 'costKind'> {
  const known = cost === null ? null : usdText(cost);
  if (isSettled) return { cost: known, costKind: 'settled' };
  if (status === 'open') return { cost: null, costKind: lane === 'local' ? 'free' : 'pending' };
  if (lane === null && provider !== null) return { cost: null, costKind: 'parts' };
  // Without a lane, nothing was sent; and if nothing was consumed, nothing is owed.
  if (lane === null || lane === 'local' || cost === zeroUsd) return { cost: usdText(zeroUsd), costKind: 'free' };
  return { cost: known, costKind: lane === 'prepaid' ? 'pending' : unsettledKind(known) };
}

/** An ended request whose account will never report a settlement: its cost is not pending, it is what was metered. */
export function withoutSettlement<Row extends Pick<RequestSummary, 'status' | 'cost' | 'costKind'>>(row: Row): Row {
  if (row.costKind !== 'pending' || row.status === 'open') return row;
  return { ...row, costKind: unsettledKind(row.cost) };
}

function unsettledKind(cost: string | null): 'unknown' | 'estimate' {
  return cost === null ? 'unknown' : 'estimate';
}

/** What is known of a prepaid request's charge. Amounts are null while they are not known. */
export interface ChargeFacts {
  status: RequestStatus;
  usageSource: UsageSource | null;
  /** At the prices that the account publishes. */
  metered: NanoUsd | null;
  /** By the account's receipt, or the reply's header. */
  settled: NanoUsd | null;
  /** The part of the cost that the account did not charge; null: its receipt is not here yet. */
  writtenOff: NanoUsd | null;
  /** What the request's lines took from the balance. */
  ledger: NanoUsd | null;
  /** Two of those lines have the same amount. */
  isRepeated: boolean;
  billing: RequestBilling | null;
}

/**
 * The three-way match: the ledger must have taken what the receipt says, once, for an answer; and where the provider
 * reported the usage, the charge must be what the account's own prices and plan make of what was metered here. null:
 * too little is known, as long as the receipt or a line is missing.
 */
export function matchCharge(facts: ChargeFacts): ChargeMatch | null {
  const { status, usageSource, metered, settled, ledger, isRepeated, billing } = facts;
  if (facts.writtenOff === null) return null;
  // The line of the rest comes after that of the reserve.
  if (ledger !== null && ledger !== settled && ledger === reserveOf(billing)) return null;
  const taken = ledger ?? settled;
  if ((status === 'refused' || status === 'failed') && taken !== null && taken > zeroUsd)
    return 'charged-without-answer';
  if (settled !== null && ledger !== null && settled !== ledger) {
    return isRepeated && ledger > settled ? 'charged-twice' : 'moved-otherwise';
  }
  // Free requests have no statement line.
  if (metered === null || settled === null || (ledger === null && settled !== zeroUsd)) return null;
  const charged = sumUsd([settled, facts.writtenOff]);
  if ((charged === zeroUsd ? metered : chargeFor(billing, metered)) === charged) return 'agrees';
  // Two estimates of what no provider counted need not be equal.
  if (usageSource !== 'provider') return null;
  return charged === zeroUsd ? 'not-charged' : 'other-amount';
}

/** The amount of a receipt's line: the charge, or the rest of it if a reserve was charged on an earlier line. */
export function lineAmountOf({ billing, cost }: Receipt): bigint {
  const charge = parseUsd(cost) ?? zeroUsd;
  const reserved = reserveOf(billing ?? null);
  return reserved === null || reserved === charge ? -charge : reserved - charge;
}

/** Usage at the receipt's own prices, and its plan, must make what was charged and what was written off. */
export function isChargedRight(receipt: Receipt): boolean {
  const metered = meteredCost(receipt);
  if (metered === 'unknown') return true;
  if (metered === 'wrong') return false;
  const charged = parseUsd(receipt.cost) ?? zeroUsd;
  return chargeFor(receipt.billing ?? null, metered) === charged + (parseUsd(receipt.writtenOff) ?? zeroUsd);
}

function meteredCost({ usage, unitPrices, parts }: Receipt): NanoUsd | 'unknown' | 'wrong' {
  if (usage && unitPrices) return hasOnlyPrices(unitPrices) ? costAt(usage, unitPrices) : 'wrong';
  if (!parts) return 'unknown';
  const isRight = parts.every((part) => {
    if (!part.usage || !part.unitPrices || parseUsd(part.cost) === 0n) return true;
    return hasOnlyPrices(part.unitPrices) && costAt(part.usage, part.unitPrices) === parseUsd(part.cost);
  });
  return isRight ? sumUsd(parts.map((part) => parseUsd(part.cost) ?? zeroUsd)) : 'wrong';
}

function hasOnlyPrices(unitPrices: object): boolean {
  return Object.values(unitPrices).every((price) => typeof price !== 'string' || !price.startsWith('-'));
}

import { atLeastZero, type NanoUsd } from '#shared/money.ts';
import type { CapPeriod } from '#shared/time.ts';
import type { Funds } from '../ledger/decide-hold.ts';

/** A hard limit on what an account, or one of its keys, spends in a period, by UTC. */
export interface SpendCap {
  layer: 'account' | 'key';
  period: CapPeriod;
  limit: NanoUsd;
  /** Settled, of requests admitted in this period. */
  spent: NanoUsd;
  /** What requests under way may still spend. */
  held: NanoUsd;
}

/** What a cap leaves: all that is held may be spent, so it counts as spent. */
function roomOf({ limit, spent, held }: SpendCap): bigint {
  return limit - spent - held;
}

/** The cap with the least left; null where there is none. */
export function tightestCap(caps: readonly SpendCap[]): SpendCap | null {
  return caps.reduce<SpendCap | null>((least, cap) => (least && roomOf(least) <= roomOf(cap) ? least : cap), null);
}

/** The funds that a cap leaves; of what is held, only what counts against it makes room when it comes back. */
export function withinCap(funds: Funds, cap: SpendCap | null): Funds {
  if (!cap) return funds;
  const room = roomOf(cap);
  return room < funds.available ? { ...funds, available: atLeastZero(room), held: cap.held } : funds;
}

/**
 * Whether a key's own cap stops it: money that other keys return will not help, so no other request waits behind it.
 */
export function isStoppedByKey(funds: Funds, cap: SpendCap | null): boolean {
  return cap?.layer === 'key' && roomOf(cap) < funds.available;
}

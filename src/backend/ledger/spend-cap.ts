import { type NanoUsd, nanoUsd } from '#shared/money.ts';
import type { Purse } from './decide-hold.ts';

/** A hard limit on what an account spends in one month, by UTC. */
export interface SpendCap {
  limit: NanoUsd;
  /** Settled in this month. */
  spent: NanoUsd;
}

/** The moment a month begins. */
export function monthStart(nowMs: number): number {
  const date = new Date(nowMs);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
}

/** The moment the next month begins: when the count starts at zero again. */
export function nextMonth(nowMs: number): number {
  const date = new Date(nowMs);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}

/** The purse as far as the cap lets it be used: what others hold may all be spent, so it counts as spent. */
export function withinCap(purse: Purse, cap: SpendCap | null): Purse {
  if (!cap) return purse;
  const room = cap.limit - cap.spent - purse.held;
  const usable = room < purse.available ? room : purse.available;
  return { ...purse, available: nanoUsd(usable > 0n ? usable : 0n) };
}

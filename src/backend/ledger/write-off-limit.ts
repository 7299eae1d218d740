import { type NanoUsd, nanoUsd } from '#shared/money.ts';
import { periodStart, nextPeriod } from '#shared/time.ts';

/** What was written off for one account on one day, by UTC. */
export interface WriteOffs {
  dayStartMs: number;
  amount: NanoUsd;
}

/** Today's amount; another day's no longer counts. */
export function writtenOffOn({ dayStartMs, amount }: WriteOffs, nowMs: number): NanoUsd {
  return dayStartMs === periodStart('day', nowMs) ? amount : nanoUsd(0n);
}

export function withWriteOff(before: WriteOffs, amount: NanoUsd, nowMs: number): WriteOffs {
  return { dayStartMs: periodStart('day', nowMs), amount: nanoUsd(writtenOffOn(before, nowMs) + amount) };
}

/** When a stopped account may continue. */
export function writeOffReset(nowMs: number): number {
  return nextPeriod('day', nowMs);
}

export interface Risk {
  /** The most this request may cost beyond its hold. */
  own: NanoUsd;
  /** The same for the account's other requests under way. */
  others: NanoUsd;
  /** The account's free money, less this hold. */
  available: NanoUsd;
  writtenOff: NanoUsd;
  limit: NanoUsd;
}

/**
 * Whether one more request may run. What requests under way may cost beyond their holds must be covered by the
 * account's free money and the rest of the day's limit, so that any number of concurrent requests lose no more than
 * that. A single request always may run, until the limit is reached.
 */
export function decideRisk({ own, others, available, writtenOff, limit }: Risk): 'go' | 'wait' | 'stop' {
  if (writtenOff >= limit) return 'stop';
  if (own === 0n || others === 0n) return 'go';
  return own + others <= available + limit - writtenOff ? 'go' : 'wait';
}

import { type NanoUsd, nanoUsd } from '#shared/money.ts';
import { periodStart, nextPeriod } from '#shared/time.ts';

/** What the service took on itself for one account in one day, by UTC. */
export interface WriteOffs {
  dayStartMs: number;
  amount: NanoUsd;
}

/** What counts today: another day's is over. */
export function writtenOffOn({ dayStartMs, amount }: WriteOffs, nowMs: number): NanoUsd {
  return dayStartMs === periodStart('day', nowMs) ? amount : nanoUsd(0n);
}

export function withWriteOff(before: WriteOffs, amount: NanoUsd, nowMs: number): WriteOffs {
  return { dayStartMs: periodStart('day', nowMs), amount: nanoUsd(writtenOffOn(before, nowMs) + amount) };
}

/** When an account that was stopped may go on. */
export function writeOffReset(nowMs: number): number {
  return nextPeriod('day', nowMs);
}

export interface Risk {
  /** What this request may cost at most beyond what it holds. */
  own: NanoUsd;
  /** The same of the account's other requests under way. */
  others: NanoUsd;
  /** The account's free money, this hold taken off. */
  available: NanoUsd;
  writtenOff: NanoUsd;
  limit: NanoUsd;
}

/**
 * Whether one more request may run. What requests under way may cost beyond their holds must be covered by the account's free money and
 * what of the day's limit is left, so that any number at once lose no more than that. One alone always may, until the limit is reached.
 */
export function decideRisk({ own, others, available, writtenOff, limit }: Risk): 'go' | 'wait' | 'stop' {
  if (writtenOff >= limit) return 'stop';
  if (own === 0n || others === 0n) return 'go';
  return own + others <= available + limit - writtenOff ? 'go' : 'wait';
}

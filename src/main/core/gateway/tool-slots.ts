import { createFairSlots, type FullSlots } from '#proxy/request/fair-slots.ts';
import { CorvusError } from '#shared/errors.ts';
import type { Clock } from '#shared/ports.ts';
import type { LocalKeyCaller } from '../keys/local-key-ring.ts';

export interface ToolSlots {
  /**
   * Throws `rate_limit_exceeded` where the key has too many calls in flight, `overloaded` where all keys together have.
   */
  enter(caller: Pick<LocalKeyCaller, 'id'>, clientGone: AbortSignal): Promise<() => void> | (() => void);
}

/**
 * Below the hosted service's limit for an account's key, which all tools share: this leaves room for the others there
 * too.
 */
const callsOfKey = 128;
const callsInAll = 1_000;
const waitMs = 10_000;
const mostWaitingOfKey = 500;
const retryAfterSeconds = 5;

/** Concurrency slots, so that one tool cannot block another, whatever limits its key has. */
export function createToolSlots(clock: Pick<Clock, 'after'>): ToolSlots {
  const limits = { member: callsOfKey, group: callsOfKey, total: callsInAll };
  const slots = createFairSlots({ limits, clock, waitMs, mostWaiting: mostWaitingOfKey, refusal });
  return { enter: ({ id }, clientGone) => slots.enter({ group: id, member: id }, clientGone) };
}

function refusal({ level, limit, running, waiting }: FullSlots): CorvusError {
  const owner = level === 'total' ? 'All tools together' : 'One local key';
  const message = `${owner} may have ${limit} concurrent calls; ${running} are running and ${waiting} waiting. Try again in ${retryAfterSeconds} seconds.`;
  const body = { reason: 'concurrency', limit, running };
  return new CorvusError(level === 'total' ? 'overloaded' : 'rate_limit_exceeded', message, {
    retryAfterSeconds,
    body,
  });
}

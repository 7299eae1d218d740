import { createFairSlots, type FullSlots } from '#proxy/request/fair-slots.ts';
import { CorvusError } from '#shared/errors.ts';
import type { Clock } from '#shared/ports.ts';
import type { Caller } from '../auth/caller.ts';

/** How many calls one instance answers at once: of a key, of an account, in total. */
export interface Concurrency {
  key: number;
  account: number;
  total: number;
}

export const standardConcurrency: Concurrency = { key: 200, account: 400, total: 2_000 };

export interface CallSlots {
  /**
   * Throws `rate_limit_exceeded` where the key or the account has too many under way, `overloaded` where the instance
   * has.
   */
  enter(
    caller: Pick<Caller, 'accountId' | 'customerKeyId'>,
    clientGone: AbortSignal,
  ): Promise<() => void> | (() => void);
}

const waitMs = 10_000;
const mostWaitingOfAccount = 1_000;
/** It is not known when a running call ends. */
const retryAfterSeconds = 5;

/** Concurrency limits, so that one customer cannot shut out others. Each instance counts its own calls. */
export function createCallSlots(concurrency: Concurrency, clock: Pick<Clock, 'after'>): CallSlots {
  const { key: member, account: group, total } = concurrency;
  const slots = createFairSlots({
    limits: { member, group, total },
    clock,
    waitMs,
    mostWaiting: mostWaitingOfAccount,
    refusal,
  });
  return {
    enter: ({ accountId, customerKeyId }, clientGone) =>
      slots.enter({ group: accountId, member: customerKeyId }, clientGone),
  };
}

function refusal({ level, limit, running, waiting }: FullSlots): CorvusError {
  const again = `Try again in ${retryAfterSeconds} seconds.`;
  if (level === 'total') {
    const message = `This service answers as many calls as it can at once. ${again}`;
    return new CorvusError('overloaded', message, { retryAfterSeconds, body: { reason: 'concurrency' } });
  }
  const message = `One ${level === 'member' ? 'key' : 'account'} may have ${limit} calls under way at once; ${running} are running and ${waiting} waiting. ${again}`;
  return new CorvusError('rate_limit_exceeded', message, {
    retryAfterSeconds,
    body: { reason: 'concurrency', limit, running },
  });
}

import { minuteMs } from '#shared/time.ts';
import { createAddressCounts } from './address-counts.ts';

const windowMs = minuteMs;
const mostTries = 10;

export interface LoginThrottle {
  /** Counts an attempt. @returns false when this address has used up its attempts of this minute */
  take(address: string): boolean;
  /** The attempt succeeded, so it does not count. */
  giveBack(address: string): void;
}

/**
 * Limits how often one address may try something, such as a key, in a minute. Kept per instance: enough against
 * guessing 256 random bits.
 */
export function createLoginThrottle(nowMs: () => number): LoginThrottle {
  const tries = createAddressCounts();
  let windowStart = nowMs();
  return {
    take(address) {
      if (nowMs() - windowStart >= windowMs) {
        tries.clear();
        windowStart = nowMs();
      }
      return tries.take(address, mostTries);
    },
    giveBack: tries.giveBack,
  };
}

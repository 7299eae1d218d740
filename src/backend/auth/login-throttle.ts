import { CorvusError } from '#shared/errors.ts';
import { createAddressCounts } from './address-counts.ts';

const windowMs = 60_000;
const mostTries = 10;

export interface LoginThrottle {
  /** Counts an attempt. @returns false when this address has used up its attempts of this minute */
  take(address: string): boolean;
  /** Counts an attempt with a secret. Throws `rate_limit_exceeded` when this address has used up those of this minute. */
  takeGuess(address: string): void;
  /** The attempt succeeded, so it does not count. */
  giveBack(address: string): void;
}

/**
 * Limits how often one address may try something, such as a key, in a minute. Kept per instance: enough against guessing 256 random bits.
 */
export function createLoginThrottle(nowMs: () => number): LoginThrottle {
  const tries = createAddressCounts();
  let windowStart = nowMs();
  const take = (address: string): boolean => {
    if (nowMs() - windowStart >= windowMs) {
      tries.clear();
      windowStart = nowMs();
    }
    return tries.take(address, mostTries);
  };
  return {
    take,
    takeGuess(address) {
      if (take(address)) return;
      throw new CorvusError('rate_limit_exceeded', 'Too many keys were tried from this address. Wait a minute, then try again.', {
        retryAfterSeconds: windowMs / 1000,
      });
    },
    giveBack: tries.giveBack,
  };
}

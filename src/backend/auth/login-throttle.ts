import { createAddressCounts } from './address-counts.ts';

const windowMs = 60_000;
const mostTries = 10;

export interface LoginThrottle {
  /** Counts a try. @returns false when this address had its tries of this minute */
  take(address: string): boolean;
  /** The try was no guess. */
  giveBack(address: string): void;
}

/** Bounds how often one address may try something, such as a key, in a minute. Kept per instance: enough against guessing 256 random bits. */
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

const windowMs = 60_000;
const mostTries = 10;

export interface GuessLimit {
  /** Counts a try. @returns false when this address had its tries of this minute */
  take(address: string): boolean;
  /** The try was no guess. */
  giveBack(address: string): void;
}

/** Bounds how often one address may try something, such as a key, in a minute. Kept per instance: enough against guessing 256 random bits. */
export function createGuessLimit(nowMs: () => number): GuessLimit {
  const tries = new Map<string, number>();
  let windowStart = nowMs();
  return {
    take(address) {
      if (nowMs() - windowStart >= windowMs) {
        tries.clear();
        windowStart = nowMs();
      }
      const before = tries.get(address) ?? 0;
      if (before >= mostTries) return false;
      tries.set(address, before + 1);
      return true;
    },
    giveBack(address) {
      const before = tries.get(address) ?? 0;
      if (before > 0) tries.set(address, before - 1);
    },
  };
}

import type { Random } from './ports.ts';

const poolBytes = 4 * 1024;
/** The size of ids. Longer requests may be for secrets, which must not stay in a shared buffer. */
const longestPooled = 16;

/**
 * Randomness whose short pieces are cut from a larger one, each byte once: asking the system for each costs more than
 * the id it is for.
 */
export function pooledRandom(draw: (count: number) => Uint8Array): Random {
  let pool = new Uint8Array(0);
  let used = 0;
  return {
    bytes(count) {
      if (count > longestPooled) return draw(count);
      if (used + count > pool.length) {
        pool = Uint8Array.from(draw(poolBytes));
        used = 0;
      }
      used += count;
      return pool.subarray(used - count, used);
    },
  };
}

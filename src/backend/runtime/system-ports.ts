import { randomBytes } from 'node:crypto';
import type { Clock, Random } from '#shared/ports.ts';
import { pooledRandom } from '#shared/random-pool.ts';

/** The machine's own time. Its timers do not keep a process alive. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  every(periodMs, task) {
    const timer = setInterval(task, periodMs).unref();
    return () => clearInterval(timer);
  },
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs).unref();
    return () => clearTimeout(timer);
  },
};

export const systemRandom: Random = pooledRandom(randomBytes);

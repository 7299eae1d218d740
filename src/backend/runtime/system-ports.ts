import { randomBytes } from 'node:crypto';
import type { BackendClock, BackendRandom } from './ports.ts';

/** The machine's own time. Its timers do not keep a process alive. */
export const systemClock: BackendClock = {
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

export const systemRandom: BackendRandom = { bytes: (count) => randomBytes(count) };

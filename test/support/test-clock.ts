import type { Clock } from '#shared/ports.ts';

interface Timer {
  dueMs: number;
  periodMs: number | null;
  task(): void;
}

/** A clock that stands still until it is moved; runs what became due, in order. */
export interface TestClock extends Clock {
  advance(durationMs: number): void;
  /** It is set, or the machine wakes from sleep: timers do not notice. */
  set(byMs: number): void;
  /** Timers that were not cancelled. */
  pending(): number;
}

export function createTestClock(startMs = 1_000_000): TestClock {
  let nowMs = startMs;
  const timers = new Set<Timer>();
  const add = (timer: Timer) => {
    timers.add(timer);
    return () => void timers.delete(timer);
  };
  return {
    nowMs: () => nowMs,
    every: (periodMs, task) => add({ dueMs: nowMs + periodMs, periodMs, task }),
    after: (delayMs, task) => add({ dueMs: nowMs + delayMs, periodMs: null, task }),
    advance(durationMs) {
      const endMs = nowMs + durationMs;
      for (;;) {
        const next = [...timers].filter(({ dueMs }) => dueMs <= endMs).sort((a, b) => a.dueMs - b.dueMs)[0];
        if (!next) break;
        nowMs = next.dueMs;
        if (next.periodMs === null) timers.delete(next);
        else next.dueMs += next.periodMs;
        next.task();
      }
      nowMs = endMs;
    },
    set(byMs) {
      nowMs += byMs;
      for (const timer of timers) timer.dueMs += byMs;
    },
    pending: () => timers.size,
  };
}

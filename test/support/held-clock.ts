import type { Clock } from '#shared/ports.ts';

/** A clock that stands still; what it should do again and again is called by the test. */
export function heldClock() {
  let nowMs = 1_000;
  const periodic: (() => void)[] = [];
  const clock: Clock = {
    nowMs: () => nowMs,
    every(_periodMs, task) {
      periodic.push(task);
      return () => void periodic.splice(periodic.indexOf(task), 1);
    },
    after: () => () => undefined,
  };
  return { clock, periodic, advance: (byMs: number) => void (nowMs += byMs) };
}

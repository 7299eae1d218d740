import type { Clock } from '#shared/ports.ts';

export interface Throttle {
  /**
   * Runs the task at once if the last run is a period ago, else when the period is over. Several requests become one
   * run.
   */
  ask(): void;
  stop(): void;
}

export function createThrottle(clock: Clock, periodMs: number, task: () => void): Throttle {
  let isAsked = false;
  let isStopped = false;
  let cancel: (() => void) | null = null;

  function run(): void {
    isAsked = false;
    cancel = clock.after(periodMs, () => {
      cancel = null;
      if (isAsked) run();
    });
    task();
  }

  return {
    ask() {
      isAsked = true;
      if (!cancel && !isStopped) run();
    },
    stop() {
      isStopped = true;
      cancel?.();
    },
  };
}

import { systemClock } from '#backend/runtime/system-ports.ts';
import { minuteMs } from '#shared/time.ts';

/** The system's clock; what it should do every minute is done when the test says so. */
export function minuteClock() {
  const everyMinute: (() => void)[] = [];
  const clock: typeof systemClock = {
    ...systemClock,
    every(periodMs, task) {
      if (periodMs === minuteMs) everyMinute.push(task);
      return systemClock.every(periodMs, task);
    },
  };
  return {
    clock,
    passMinute(): void {
      for (const task of everyMinute) task();
    },
  };
}

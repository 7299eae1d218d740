import type { Clock } from '#shared/ports.ts';

/** Runs a task with a signal that aborts when its time is over. */
export async function within<T>(
  clock: Clock,
  timeoutMs: number,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timeout = new AbortController();
  const cancel = clock.after(timeoutMs, () => timeout.abort());
  try {
    return await task(timeout.signal);
  } finally {
    cancel();
  }
}

import type { Clock } from './ports.ts';

/**
 * Calls back once when a signal is aborted, or immediately if it already is: a signal fires no event for an abort in the past.
 * @returns a function that cancels the callback
 */
export function whenAborted(signal: AbortSignal, callback: () => void): () => void {
  if (signal.aborted) callback();
  else signal.addEventListener('abort', callback, { once: true });
  return () => signal.removeEventListener('abort', callback);
}

/** Resolves after a time, or as soon as the signal is aborted. */
export function pause(clock: Pick<Clock, 'after'>, durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(durationMs, () => {
      forget();
      resolve();
    });
    const forget = whenAborted(signal, () => {
      cancel();
      resolve();
    });
  });
}

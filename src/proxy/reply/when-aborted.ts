/**
 * Calls back once when a signal is aborted, at once where it has been: an abort that came before is told of by no event.
 * @returns what no longer does
 */
export function whenAborted(signal: AbortSignal, callback: () => void): () => void {
  if (signal.aborted) callback();
  else signal.addEventListener('abort', callback, { once: true });
  return () => signal.removeEventListener('abort', callback);
}

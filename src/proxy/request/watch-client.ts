import type { ServerResponse } from 'node:http';

export interface WatchedClient {
  /** Aborts when the client leaves before its answer is complete. */
  gone: AbortSignal;
  stop(): void;
}

/** Reports when the client leaves before its answer is complete. */
export function watchClient(response: ServerResponse): WatchedClient {
  const gone = new AbortController();
  const onClose = () => {
    if (!response.writableFinished) gone.abort();
  };
  const onError = () => gone.abort();
  response.once('close', onClose);
  // Writing to a client that just left is no failure of ours.
  response.on('error', onError);
  if (response.destroyed) gone.abort();
  return { gone: gone.signal, stop: () => response.off('close', onClose) };
}

/** Runs a task once the answer has left this process, or never will. */
export function whenAnswered(response: ServerResponse, task: () => void): void {
  if (response.closed || response.destroyed) task();
  else response.once('close', task);
}

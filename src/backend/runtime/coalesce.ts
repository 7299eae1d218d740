/**
 * Work that runs once at a time: callers that ask meanwhile share the next run, which sees what was done before they
 * asked.
 */
export function coalesced<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<unknown> = Promise.resolve();
  let next: Promise<T> | null = null;
  return () => {
    next ??= running.then(() => {
      const run = work();
      next = null;
      running = run.catch(() => undefined);
      return run;
    });
    return next;
  };
}

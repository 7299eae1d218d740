import type { Clock, Logger } from '#shared/ports.ts';
import type { Store } from '../store/store.ts';

const dayMs = 86_400_000;
const periodMs = 3_600_000;
/** Small enough that a request's row never waits long behind a deletion. */
const rowsAtATime = 1_000;

export interface RetentionDeps {
  clock: Clock;
  logger: Logger;
  store: Pick<Store, 'requests' | 'refusals'>;
  /** null keeps rows forever. */
  retentionDays(): number | null;
}

/** Deletes request rows that are older than the user's setting, now and every hour. Returns a function that stops it. */
export function startRetention({ clock, logger, store, retentionDays }: RetentionDeps): () => void {
  let isStopped = false;

  async function clean(): Promise<void> {
    const days = retentionDays();
    if (days === null) return;
    const beforeMs = clock.nowMs() - days * dayMs;
    await store.refusals.deleteBefore(beforeMs);
    while (!isStopped && (await store.requests.deleteBefore(beforeMs, rowsAtATime)) === rowsAtATime);
  }

  const run = () => void clean().catch((error: unknown) => logger.warn('store.retention-failed', { message: String(error) }));
  run();
  const stop = clock.every(periodMs, run);
  return () => {
    isStopped = true;
    stop();
  };
}

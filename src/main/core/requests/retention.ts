import { dayMs, hourMs } from '#shared/time.ts';
import type { Settings } from '#shared/contract/settings.ts';
import type { Clock, Logger } from '#shared/ports.ts';
import type { CapturesService } from './captures-service.ts';
import type { Store } from '../store/store.ts';

/** Small enough that a request's row never waits long behind a deletion. */
const rowsAtATime = 1_000;

export interface RetentionDeps {
  clock: Clock;
  logger: Logger;
  store: Pick<Store, 'requests' | 'refusals' | 'repeats' | 'turnStates' | 'storage'>;
  captures: Pick<CapturesService, 'clean'>;
  settings(): Pick<Settings, 'retentionDays' | 'historyMegabytes' | 'keepReasoning'>;
}

/** No model is asked to go on with a conversation that is older. */
const longestStatesDays = 30;

export interface Retention {
  /** After the settings have changed. */
  clean(): void;
  stop(): void;
}

/** Deletes what is older, or takes more room, than the person's settings allow, now and every hour. */
export function startRetention({ clock, logger, store, captures, settings }: RetentionDeps): Retention {
  let isStopped = false;

  async function clean(): Promise<void> {
    await cleanByAge();
    const { historyMegabytes } = settings();
    if (historyMegabytes !== null) await makeRoom(historyMegabytes * 1_000_000);
    await captures.clean((await store.storage.size()).oldestRequestMs ?? 0);
  }

  async function cleanByAge(): Promise<void> {
    const { retentionDays: days, keepReasoning } = settings();
    const statesDays = keepReasoning ? Math.min(days ?? longestStatesDays, longestStatesDays) : 0;
    await store.turnStates.deleteBefore(clock.nowMs() + 1 - statesDays * dayMs);
    if (days === null) return;
    const beforeMs = clock.nowMs() - days * dayMs;
    await store.refusals.deleteBefore(beforeMs);
    await store.repeats.deleteBefore(beforeMs);
    await deleteRequests(beforeMs);
  }

  /**
   * Deletes the oldest requests, an hour of them at a time, until the database has no more bytes. Their pages are used
   * again by new rows, so a file that has reached its limit stops growing; giving pages back to the disk would cost
   * writes for space that is soon needed again.
   */
  async function makeRoom(bytes: number): Promise<void> {
    const lastMs = clock.nowMs() - dayMs;
    for (;;) {
      const { usedBytes, oldestRequestMs } = await store.storage.size();
      if (usedBytes <= bytes || oldestRequestMs === null || oldestRequestMs + hourMs > lastMs) return;
      if ((await deleteRequests(oldestRequestMs + hourMs)) === 0) return;
    }
  }

  /** Returns how many. */
  async function deleteRequests(beforeMs: number): Promise<number> {
    let total = 0;
    for (let count = rowsAtATime; count === rowsAtATime && !isStopped; total += count) {
      count = await store.requests.deleteBefore(beforeMs, rowsAtATime);
    }
    return total;
  }

  const run = () =>
    void clean().catch((error: unknown) => logger.warn('store.retention-failed', { message: String(error) }));
  run();
  const stop = clock.every(hourMs, run);
  return {
    clean: run,
    stop() {
      isStopped = true;
      stop();
    },
  };
}

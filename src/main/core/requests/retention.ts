import { dayMs } from '#shared/time.ts';
import type { Settings } from '#shared/contract/settings.ts';
import type { Clock, Logger } from '#shared/ports.ts';
import type { Store } from '../store/store.ts';

const periodMs = 3_600_000;
/** Small enough that a request's row never waits long behind a deletion. */
const rowsAtATime = 1_000;

export interface RetentionDeps {
  clock: Clock;
  logger: Logger;
  store: Pick<Store, 'requests' | 'refusals' | 'repeats' | 'turnStates'>;
  settings(): Pick<Settings, 'retentionDays' | 'keepReasoning'>;
}

/** No model is asked to go on with a conversation that is older. */
const longestStatesDays = 30;

export interface Retention {
  /** After the settings have changed. */
  clean(): void;
  stop(): void;
}

/** Deletes what is older than the person's settings allow, now and every hour. */
export function startRetention({ clock, logger, store, settings }: RetentionDeps): Retention {
  let isStopped = false;

  async function clean(): Promise<void> {
    const { retentionDays: days, keepReasoning } = settings();
    const statesDays = keepReasoning ? Math.min(days ?? longestStatesDays, longestStatesDays) : 0;
    await store.turnStates.deleteBefore(clock.nowMs() + 1 - statesDays * dayMs);
    if (days === null) return;
    const beforeMs = clock.nowMs() - days * dayMs;
    await store.refusals.deleteBefore(beforeMs);
    await store.repeats.deleteBefore(beforeMs);
    while (!isStopped && (await store.requests.deleteBefore(beforeMs, rowsAtATime)) === rowsAtATime);
  }

  const run = () =>
    void clean().catch((error: unknown) => logger.warn('store.retention-failed', { message: String(error) }));
  run();
  const stop = clock.every(periodMs, run);
  return {
    clean: run,
    stop() {
      isStopped = true;
      stop();
    },
  };
}

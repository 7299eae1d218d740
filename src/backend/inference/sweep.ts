import type { Db } from '../database/open-database.ts';
import type { DatabaseClock } from '../database/database-clock.ts';
import type { Closeable } from '../runtime/closer.ts';
import type { Events } from '../runtime/events.ts';
import type { Logger } from '#shared/ports.ts';
import { minuteMs } from '#shared/time.ts';
import { prolongHolds } from '../store/hold-store.ts';
import { forgetAccountWindows } from '../limits/account-rate-store.ts';
import { forgetMinutes } from '../keys/key-limit-store.ts';
import { releaseExpiredHolds } from './release-orphaned-holds.ts';
import type { LiveRequests } from './live-requests.ts';
import { holdLifetimeMs } from './reserve-for-call.ts';

interface SweepDeps {
  db: Db;
  clock: DatabaseClock;
  events: Pick<Events, 'emit'>;
  logger: Logger;
  live: LiveRequests;
}

const sweepMs = minuteMs;

/** Each minute: retries settlements that failed, renews the holds of requests under way, releases expired ones. */
export function startSweeping(parts: SweepDeps): Closeable {
  return { close: parts.clock.every(sweepMs, () => void sweep(parts)) };
}

async function sweep({ db, clock, events, logger, live }: SweepDeps): Promise<void> {
  try {
    await clock.compare();
    await live.retry();
    await prolongHolds(db, live.ids(), clock.nowMs() + holdLifetimeMs);
    await releaseExpiredHolds(db, clock.nowMs(), { events, logger });
    await forgetMinutes(db, clock.nowMs());
    await forgetAccountWindows(db, clock.nowMs());
  } catch (error) {
    logger.error('sweep.failed', { error: String(error) });
  }
}

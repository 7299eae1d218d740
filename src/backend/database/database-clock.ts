import { sql } from 'kysely';
import type { Clock, Logger } from '#shared/ports.ts';
import type { Db } from './open-database.ts';
import { isPostgres } from './is-postgres.ts';

export interface DatabaseClock extends Clock {
  /** Asks the database for its time again. */
  compare(): Promise<void>;
}

const strikingDifferenceMs = 2_000;

/**
 * The time of the database's machine, which all instances share: months begin and holds expire at the same moment for
 * all of them, however far their own clocks differ. With a single instance, its own time.
 */
export function createDatabaseClock(db: Db, clock: Clock, logger: Logger): DatabaseClock {
  let aheadMs = 0;
  return {
    nowMs: () => clock.nowMs() + aheadMs,
    every: (periodMs, task) => clock.every(periodMs, task),
    after: (delayMs, task) => clock.after(delayMs, task),
    async compare() {
      if (!isPostgres(db)) return;
      const askedMs = clock.nowMs();
      const { rows } = await sql<{
        now_ms: bigint;
      }>`select (extract(epoch from clock_timestamp()) * 1000)::bigint as now_ms`.execute(db);
      const ownMs = (askedMs + clock.nowMs()) / 2;
      aheadMs = Math.round(Number(rows[0]?.now_ms ?? ownMs) - ownMs);
      if (Math.abs(aheadMs) > strikingDifferenceMs) logger.warn('clock.differs', { databaseIsAheadMs: aheadMs });
    },
  };
}

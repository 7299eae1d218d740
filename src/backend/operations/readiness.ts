import type { Db } from '../database/open-database.ts';
import { isSchemaCurrent } from '../database/schema-version.ts';
import { inTime } from '../runtime/in-time.ts';
import type { Clock } from '#shared/ports.ts';

export interface Readiness {
  isReady(): Promise<boolean>;
}

const databaseMs = 2_000;

/**
 * Whether requests can be answered now: the service takes them, and its database answers in time with the schema this
 * program knows.
 */
export function createReadiness({ db, clock, isOpen }: { db: Db; clock: Clock; isOpen(): boolean }): Readiness {
  let asking: Promise<boolean> | null = null;
  /** Concurrent checks share one query of the database. */
  const ask = (): Promise<boolean> => {
    asking ??= isSchemaCurrent(db)
      .catch(() => false)
      .finally(() => {
        asking = null;
      });
    return asking;
  };
  return { isReady: async () => isOpen() && (await inTime(ask(), databaseMs, clock).catch(() => false)) };
}

import { sql } from 'kysely';
import type { Db } from './open-database.ts';
import { isPostgres } from './is-postgres.ts';

/** Any number that all instances share: the holder of this lock reconciles. */
const reconcileLock = 7_463_212;

/**
 * Does work that two instances must not do at once; where another one is doing it, nothing is done. The lock belongs to
 * a connection, so it is free again when its instance is gone. SQLite has one instance.
 * @returns null where another instance is doing it
 */
export async function onOneInstance<T>(db: Db, work: () => Promise<T>): Promise<T | null> {
  if (!isPostgres(db)) return work();
  return db.connection().execute(async (connection) => {
    const { rows } = await sql<{
      is_mine: boolean;
    }>`select pg_try_advisory_lock(${sql.lit(reconcileLock)}) as is_mine`.execute(connection);
    if (rows[0]?.is_mine !== true) return null;
    try {
      return await work();
    } finally {
      await sql`select pg_advisory_unlock(${sql.lit(reconcileLock)})`.execute(connection);
    }
  });
}

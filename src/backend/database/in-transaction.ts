import { databaseCodeOf } from './database-trouble.ts';
import type { Db, Tx } from './open-database.ts';

/** What PostgreSQL answers when two transactions waited for each other, or could not be put in an order: nothing of it was done. */
const undone: ReadonlySet<unknown> = new Set(['40001', '40P01']);
const mostTries = 5;

/**
 * Does work in one transaction: all of it or nothing. Where the database undid it for the sake of another one, it is done again, so the
 * work must change nothing outside.
 */
export async function inTransaction<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await db.transaction().execute(work);
    } catch (error) {
      if (tries === mostTries || !undone.has(databaseCodeOf(error))) throw error;
    }
  }
}

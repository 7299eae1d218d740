import { databaseCodeOf } from './database-trouble.ts';
import type { Db, Tx } from './open-database.ts';

/** PostgreSQL's codes for a deadlock and a serialization failure: the transaction was rolled back. */
const undone: ReadonlySet<unknown> = new Set(['40001', '40P01']);
const mostTries = 5;

/**
 * Does work in one transaction: all of it or nothing. Work is run again if the database rolled it back because of another transaction, so
 * it must have no effect outside.
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

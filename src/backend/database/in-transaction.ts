import { databaseCodeOf } from './database-trouble.ts';
import type { Db, Tx } from './open-database.ts';
import { isPostgres } from './is-postgres.ts';
import { type Survives, survivesOf } from './sqlite-durability.ts';
import { command } from './statement.ts';

/** PostgreSQL's codes for a deadlock and a serialization failure: the transaction was rolled back. */
const undone: ReadonlySet<unknown> = new Set(['40001', '40P01']);
const mostTries = 5;

/**
 * Does work in one transaction: all of it or nothing. Work is run again if the database rolled it back because of
 * another transaction, so it must have no effect outside.
 */
export async function inTransaction<T>(
  db: Db,
  work: (tx: Tx) => Promise<T>,
  survives: Survives = 'power-cut',
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await (survives === 'power-cut' ? db.transaction().execute(work) : withoutWaiting(db, work));
    } catch (error) {
      if (tries === mostTries || !undone.has(databaseCodeOf(error))) throw error;
    }
  }
}

/** Changes nothing in the database, so it goes out together with the beginning of its transaction. */
const forgoPowerCuts = command('set local synchronous_commit = off');

const waitForNoDisk = command('pragma synchronous = normal');
const waitForDisk = command('pragma synchronous = full');

/**
 * A commit that does not wait for the disk. Later commits that do wait bring it to the disk with them: no transaction
 * survives a power cut without those before it.
 */
function withoutWaiting<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  if (isPostgres(db)) {
    return db.transaction().execute(async (tx) => {
      await forgoPowerCuts(tx);
      return work(tx);
    });
  }
  if (survivesOf(db) === 'crash') return db.transaction().execute(work);
  // SQLite takes the setting only outside a transaction, so nothing else may use the connection in between.
  return db.connection().execute(async (connection) => {
    await waitForNoDisk(connection);
    try {
      return await connection.transaction().execute(work);
    } finally {
      await waitForDisk(connection);
    }
  });
}

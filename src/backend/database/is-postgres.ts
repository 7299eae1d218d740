import { type Kysely, PostgresAdapter, type SelectQueryBuilder } from 'kysely';

/** Whether this is PostgreSQL, where transactions run side by side. SQLite writes one at a time. */
export function isPostgres(db: Pick<Kysely<unknown>, 'getExecutor'>): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter;
}

/**
 * Locks the rows that a query finds until the transaction ends: `query.$call(rowLock(tx))`. Rows that refer to them can
 * still be written meanwhile.
 */
export function rowLock(tx: Pick<Kysely<unknown>, 'getExecutor'>) {
  return <DB, Tables extends keyof DB, Row>(
    query: SelectQueryBuilder<DB, Tables, Row>,
  ): SelectQueryBuilder<DB, Tables, Row> => (isPostgres(tx) ? query.forNoKeyUpdate() : query);
}

import type { Kysely, Transaction } from 'kysely';
import { openPostgres } from './open-postgres.ts';
import { openSqlite } from './open-sqlite.ts';
import type { Database } from './schema.ts';

/** Reads and single statements. Inside a transaction use the transaction: SQLite's only connection is taken then. */
export type Db = Kysely<Database>;
export type Tx = Transaction<Database>;

/**
 * Opens the service's database and migrates it to the newest schema. @param place `postgres://…`, or the path of a
 * SQLite file, which is created if missing
 */
export async function openDatabase(place: string): Promise<Db> {
  return isPostgresUrl(place) ? openPostgres(place) : openSqlite(place);
}

export function isPostgresUrl(place: string): boolean {
  return /^postgres(ql)?:\/\//.test(place);
}

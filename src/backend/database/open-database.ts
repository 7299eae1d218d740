import type { Kysely, Transaction } from 'kysely';
import { openPostgres } from './open-postgres.ts';
import { openSqlite } from './open-sqlite.ts';
import type { Database } from './schema.ts';
import type { Survives } from './sqlite-durability.ts';

/** Reads and single statements. Inside a transaction use the transaction: SQLite's only connection is taken then. */
export type Db = Kysely<Database>;
export type Tx = Transaction<Database>;

/**
 * Opens the service's database and migrates it to the newest schema. @param place `postgres://…`, or the path of a
 * SQLite file, which is created if missing
 * @param survives what every committed transaction of a SQLite file survives; play money need not survive a power cut
 */
export async function openDatabase(place: string, survives: Survives = 'power-cut'): Promise<Db> {
  return isPostgresUrl(place) ? openPostgres(place) : openSqlite(place, survives);
}

export function isPostgresUrl(place: string): boolean {
  return /^postgres(ql)?:\/\//.test(place);
}

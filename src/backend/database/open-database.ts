import type { Kysely, Transaction } from 'kysely';
import { openPostgres } from './open-postgres.ts';
import { openSqlite } from './open-sqlite.ts';
import type { Database } from './schema.ts';

/** Reads and single statements. Inside a transaction use the transaction: on SQLite the one connection is taken. */
export type Db = Kysely<Database>;
export type Tx = Transaction<Database>;

/** Opens the service's database and brings it to the newest schema. @param place `postgres://…`, or the path of a SQLite file, made when it is not there */
export async function openDatabase(place: string): Promise<Db> {
  return isPostgresUrl(place) ? openPostgres(place) : openSqlite(place);
}

export function isPostgresUrl(place: string): boolean {
  return /^postgres(ql)?:\/\//.test(place);
}

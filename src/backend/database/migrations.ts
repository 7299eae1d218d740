import { first } from './migrations/0001-first.ts';
import { type Migration, postgresDialect, type SqlDialect, sqliteDialect } from './sql-dialect.ts';

/** In order; the number of applied ones is the database's version. A released one never changes. */
const migrations: readonly Migration[] = [first];

/** A migration in one database's words. Step n brings a database from version n to version n + 1. */
export interface Step {
  name: string;
  sql: string;
}

export const sqliteSteps: readonly Step[] = migrations.map(writtenFor(sqliteDialect));
export const postgresSteps: readonly Step[] = migrations.map(writtenFor(postgresDialect));

export const newestVersion = migrations.length;

function writtenFor(dialect: SqlDialect): (migration: Migration) => Step {
  return ({ name, sql }) => ({ name, sql: sql(dialect) });
}

/** Throws when a newer program has been at work: what it did to the rows is not known here. */
export function refuseNewer(version: number, newest = newestVersion): void {
  if (version > newest) {
    throw new Error(
      `The database is at schema ${version}; this program knows schemas up to ${newest}. Start the newer program.`,
    );
  }
}

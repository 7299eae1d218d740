import type SqliteDatabase from 'better-sqlite3';
import { missingOf } from './check-sqlite-schema.ts';
import { DatabaseDamage } from './database-damage.ts';
import { sqliteTrouble, wordsOf } from './database-trouble.ts';
import { refuseNewer, type Step, sqliteSteps } from './migrations.ts';
import { writeStatistics } from './sqlite-statistics.ts';

/** Says in the file's header whose it is: "Crvs". */
export const applicationId = 0x43_72_76_73n;
/** No program will be as new as this. */
const unheardOfVersion = 10_000;

/**
 * Brings a SQLite file to the newest schema, in one transaction: all of it or nothing. Throws a sentence when a newer
 * program has written the file, and `DatabaseDamage` when its tables are not those of the schema that it says it has.
 */
export function migrateSqlite(
  sqlite: SqliteDatabase.Database,
  path: string,
  steps: readonly Step[] = sqliteSteps,
): void {
  sqlite
    .transaction(() => {
      const version = Number(sqlite.pragma('user_version', { simple: true }));
      if (version < 0 || version > unheardOfVersion)
        throw new DatabaseDamage(path, `the number of its schema is ${version}`);
      refuseNewer(version, steps.length);
      for (const step of steps.slice(version)) takeStep(sqlite, path, version, step.sql);
      sqlite.pragma(`user_version = ${steps.length}`);
      sqlite.pragma(`application_id = ${applicationId}`);
      const missing = missingOf(sqlite, steps);
      if (missing !== null) throw new DatabaseDamage(path, missing);
      writeStatistics(sqlite);
    })
    .immediate();
}

function takeStep(sqlite: SqliteDatabase.Database, path: string, version: number, step: string): void {
  try {
    sqlite.exec(step);
  } catch (error) {
    if (version === 0 || sqliteTrouble(error) !== null) throw error;
    throw new DatabaseDamage(
      path,
      `its tables are not those of schema ${version}, which it says it has (${wordsOf(error)})`,
      error,
    );
  }
}

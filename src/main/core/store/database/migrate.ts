import { renameSync, rmSync } from 'node:fs';
import SqliteDatabase from 'better-sqlite3';
import { CorvusError } from '#shared/errors.ts';
import { first } from './migrations/0001-first.ts';
import type { Migration } from './migrations/migration.ts';

/** In order; the number of applied ones is the file's `user_version`. A released one never changes. */
const migrations: readonly Migration[] = [first];

/**
 * Brings a database to the newest schema, in one transaction. An existing file is first copied beside itself.
 * Throws `storage_unavailable` when the file was written by a newer program.
 */
export function migrate(db: SqliteDatabase.Database, steps: readonly Migration[] = migrations): void {
  const version = Number(db.pragma('user_version', { simple: true }));
  if (version === steps.length) return;
  if (version > steps.length) {
    throw new CorvusError(
      'storage_unavailable',
      `The data folder was written by a newer Corvus (schema ${version}, this program knows ${steps.length}). Start the newer one, or use another data folder.`,
    );
  }
  if (version > 0) copyBeside(db, `${db.name}.schema-${version}`);
  db.transaction(() => {
    for (const step of steps.slice(version)) db.exec(step.sql);
    db.pragma(`user_version = ${steps.length}`);
  }).immediate();
}

/** The copy gets its name only when it is complete, because the program can be killed meanwhile. */
function copyBeside(db: SqliteDatabase.Database, name: string): void {
  const unfinished = `${name}.part`;
  rmSync(unfinished, { force: true });
  db.prepare('VACUUM INTO ?').run(unfinished);
  renameSync(unfinished, `${name}-${fileStamp()}`);
}

/** Why a file is no database of this program, as a sentence; null: it is one, of this or an older schema. */
export function schemaFault(db: SqliteDatabase.Database): string | null {
  const version = Number(db.pragma('user_version', { simple: true }));
  if (version > migrations.length)
    return `it was made by a newer Corvus (schema ${version}, this one knows ${migrations.length}).`;
  const model = new SqliteDatabase(':memory:');
  try {
    for (const step of migrations.slice(0, version)) model.exec(step.sql);
    const isSame = version > 0 && schemaOf(db) === schemaOf(model);
    return isSame ? null : 'it is a database, but not one of Corvus.';
  } finally {
    model.close();
  }
}

function schemaOf(db: SqliteDatabase.Database): string {
  const sql =
    "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%' ORDER BY type, name";
  return JSON.stringify(db.prepare(sql).all());
}

/** Only for the name of a copy, so it uses the machine's clock even if a test controls the program's clock. */
export function fileStamp(): string {
  return new Date().toISOString().replace(/[-:]/g, '').replace('.', '-');
}

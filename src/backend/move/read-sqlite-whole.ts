import { existsSync } from 'node:fs';
import SqliteDatabase from 'better-sqlite3';
import { newestVersion, refuseNewer } from '../database/migrations.ts';

/** A column's value as SQLite returns it. */
export type SqliteValue = string | bigint | number | Buffer | null;

export interface SourceTable {
  name: string;
  columns: string[];
  rows: bigint;
}

/** A SQLite database opened exclusively and read-only. */
export interface SqliteSource {
  /** All tables, each after those that its rows refer to. */
  tables: SourceTable[];
  read(table: SourceTable): Iterable<SqliteValue[]>;
  close(): void;
}

const ownTables = /^sqlite_/;

/** Opens a service's file exclusively. Throws a sentence when it is in use, missing, or of another schema. */
export function readSqliteWhole(path: string): SqliteSource {
  if (!existsSync(path)) throw new Error(`There is no database at ${path}.`);
  const sqlite = new SqliteDatabase(path, { fileMustExist: true });
  try {
    sqlite.defaultSafeIntegers(true);
    takeAlone(sqlite, path);
    const version = Number(sqlite.pragma('user_version', { simple: true }));
    refuseNewer(version);
    if (version < newestVersion) {
      throw new Error(
        `${path} is at schema ${version}, this program at ${newestVersion}. Run \`corvusllm-backend verify\` on it first: that brings it there.`,
      );
    }
    const tables = inOrderOfReference(sqlite, tableNames(sqlite)).map((name) => describe(sqlite, name));
    return {
      tables,
      read: ({ name, columns }) =>
        sqlite
          .prepare<[], SqliteValue[]>(`select ${columns.map((column) => `"${column}"`).join(', ')} from "${name}"`)
          .raw()
          .iterate(),
      close: () => sqlite.close(),
    };
  } catch (error) {
    sqlite.close();
    throw error;
  }
}

/**
 * In this mode SQLite locks out all others, and fails where another process has the file open: a running service, or a
 * shell.
 */
function takeAlone(sqlite: SqliteDatabase.Database, path: string): void {
  sqlite.pragma('busy_timeout = 0');
  sqlite.pragma('locking_mode = exclusive');
  try {
    sqlite.exec('begin immediate; rollback;');
  } catch (error) {
    throw new Error(`${path} is in use. Stop the service, and whatever else has it open, then try again.`, {
      cause: error,
    });
  }
}

function tableNames(sqlite: SqliteDatabase.Database): string[] {
  const rows = sqlite
    .prepare<[], { name: string }>("select name from sqlite_schema where type = 'table' order by name")
    .all();
  return rows.map(({ name }) => name).filter((name) => !ownTables.test(name));
}

function inOrderOfReference(sqlite: SqliteDatabase.Database, names: readonly string[]): string[] {
  const ordered: string[] = [];
  const servePage = (name: string, above: readonly string[]): void => {
    if (ordered.includes(name)) return;
    if (above.includes(name)) throw new Error(`The tables ${above.join(', ')} refer to each other in a circle.`);
    const references = sqlite
      .prepare<[string], { table: string }>('select "table" from pragma_foreign_key_list(?)')
      .all(name);
    for (const { table } of references) if (table !== name) servePage(table, [...above, name]);
    ordered.push(name);
  };
  for (const name of names) servePage(name, []);
  return ordered;
}

function describe(sqlite: SqliteDatabase.Database, name: string): SourceTable {
  const columns = sqlite.prepare<[string], { name: string }>('select name from pragma_table_info(?)').all(name);
  const count = sqlite.prepare<[], { rows: bigint }>(`select count(*) as rows from "${name}"`).get();
  return { name, columns: columns.map((column) => column.name), rows: count?.rows ?? 0n };
}

import { existsSync, statSync } from 'node:fs';
import SqliteDatabase from 'better-sqlite3';
import { type Driver, Kysely, type SqliteAdapter, SqliteDialect } from 'kysely';
import { checkSqliteFiles } from './check-sqlite-files.ts';
import { missingOf } from './check-sqlite-schema.ts';
import { DatabaseDamage } from './database-damage.ts';
import { damageIn, isLocked, refuseTrouble, sqliteTrouble } from './database-trouble.ts';
import { applicationId, migrateSqlite } from './migrate-sqlite.ts';
import { refusingDriver } from './refusing-driver.ts';
import type { Database } from './schema.ts';
import { SqliteDriver } from './sqlite-driver.ts';
import { type Survives, synchronousLevels, TurnTakingAdapter } from './sqlite-durability.ts';

const SYNCHRONOUS_FULL = 2n;
/** While a service starts, only its operator waits for it. */
const startWaitMs = 5_000;
/** How long a write waits for another process's lock before it is refused. */
const lockWaitMs = 5_000;
/** Comparing every index with its table takes a second for so much; larger files are checked page by page only. */
const wholeCheckBytes = 64 * 1024 * 1024;

class TurnTakingDialect extends SqliteDialect {
  readonly #database: SqliteDatabase.Database;
  readonly #survives: Survives;

  constructor(database: SqliteDatabase.Database, survives: Survives) {
    super({ database });
    this.#database = database;
    this.#survives = survives;
  }

  override createDriver(): Driver {
    return refusingDriver(new SqliteDriver(this.#database, lockWaitMs, this.#survives), (error) =>
      refuseTrouble(error, sqliteTrouble),
    );
  }

  override createAdapter(): SqliteAdapter {
    return new TurnTakingAdapter(this.#survives);
  }
}

/**
 * Opens (or creates) a SQLite file, checks it, and migrates it to the newest schema. Throws `DatabaseDamage`, and a
 * sentence for a file that belongs to another program, is newer, or is locked.
 * @param survives what every committed transaction survives
 */
export function openSqlite(path: string, survives: Survives = 'power-cut'): Kysely<Database> {
  checkSqliteFiles(path);
  inspect(path);
  const sqlite = openFile(path, false);
  try {
    prepare(sqlite, survives);
    migrateSqlite(sqlite, path);
    sqlite.pragma('busy_timeout = 0');
    // What a statement may have to take back: in a temporary file, which is SQLite's usual place, it costs more writes
    // than the rows. Not before the migrations, which sort whole tables.
    sqlite.pragma('temp_store = MEMORY');
  } catch (error) {
    sqlite.close();
    throw sayWhy(error, path);
  }
  return new Kysely<Database>({ dialect: new TurnTakingDialect(sqlite, survives) });
}

/** A second connection to a service's file, which is read-only and waits for no writer. */
export function openSqliteForReading(path: string): Kysely<Database> {
  const sqlite = new SqliteDatabase(path, { readonly: true, timeout: startWaitMs });
  sqlite.defaultSafeIntegers(true);
  return new Kysely<Database>({ dialect: new TurnTakingDialect(sqlite, 'power-cut') });
}

/** What is damaged in a file that may be in use, in sentences; empty: nothing. */
export function findingsOf(path: string): string[] {
  let sqlite: SqliteDatabase.Database | null = null;
  try {
    sqlite = new SqliteDatabase(path, { readonly: true, timeout: startWaitMs });
    const missing = missingOf(sqlite);
    const finding = firstFinding(sqlite, 'integrity_check') ?? missing;
    return finding === null ? [] : [`The database is damaged: ${finding}.`];
  } catch (error) {
    const damage = damageIn(error);
    if (damage === null) throw refuseTrouble(error, sqliteTrouble);
    return [`The database is damaged: ${damage}.`];
  } finally {
    sqlite?.close();
  }
}

/**
 * Checks a file read-only: a connection that may write would merge the log into a file that turns out to be damaged.
 */
function inspect(path: string): void {
  if (!existsSync(path) || statSync(path).size === 0) return;
  const sqlite = openFile(path, true);
  try {
    sqlite.defaultSafeIntegers(true);
    refuseForeign(sqlite, path);
    checkPages(sqlite, path);
  } catch (error) {
    throw sayWhy(error, path);
  } finally {
    sqlite.close();
  }
}

function openFile(path: string, readonly: boolean): SqliteDatabase.Database {
  try {
    return new SqliteDatabase(path, { readonly, timeout: startWaitMs });
  } catch (error) {
    throw sayWhy(error, path);
  }
}

function sayWhy(error: unknown, path: string): unknown {
  if (error instanceof DatabaseDamage || !(error instanceof SqliteDatabase.SqliteError)) return error;
  const trouble = sqliteTrouble(error);
  if (trouble === 'damaged') return new DatabaseDamage(path, error.message, error);
  if (isLocked(error)) {
    return new Error(
      `The database ${path} is locked by another process. Stop whatever has it open, then start again.`,
      { cause: error },
    );
  }
  if (trouble === null) return error;
  return new Error(
    `The database ${path} cannot be opened: ${error.message}. Check the path, its rights and the disk.`,
    { cause: error },
  );
}

function prepare(sqlite: SqliteDatabase.Database, survives: Survives): void {
  sqlite.defaultSafeIntegers(true);
  sqlite.pragma('journal_mode = WAL');
  sqlite.pragma('foreign_keys = ON');
  // A file that is in WAL mode already opens at NORMAL, which loses acknowledged commits in a power cut.
  sqlite.pragma(`synchronous = ${synchronousLevels[survives]}`);
  if (survives === 'power-cut' && sqlite.pragma('synchronous', { simple: true }) !== SYNCHRONOUS_FULL) {
    throw new Error('the database refuses synchronous=FULL, so no money can be kept in it');
  }
}

function refuseForeign(sqlite: SqliteDatabase.Database, path: string): void {
  const id = sqlite.pragma('application_id', { simple: true });
  const version = sqlite.pragma('user_version', { simple: true });
  const { things } = sqlite.prepare<[], { things: bigint }>('select count(*) as things from sqlite_schema').get() ?? {
    things: 0n,
  };
  const isForeign = (id !== 0n && id !== applicationId) || (version === 0n && things > 0n);
  if (isForeign)
    throw new Error(
      `The file ${path} is the database of another program, so nothing is written to it. Name another file.`,
    );
  if (version !== 0n && things === 0n) throw new DatabaseDamage(path, 'it has no table any more');
}

function checkPages(sqlite: SqliteDatabase.Database, path: string): void {
  const finding = firstFinding(sqlite, statSync(path).size <= wholeCheckBytes ? 'integrity_check' : 'quick_check');
  if (finding !== null) throw new DatabaseDamage(path, finding);
}

/** The first fault that SQLite's own check finds; null: none. */
function firstFinding(sqlite: SqliteDatabase.Database, check: 'integrity_check' | 'quick_check'): string | null {
  const found = String(sqlite.pragma(`${check}(1)`, { simple: true }));
  return found === 'ok' ? null : found.replaceAll('\n', ' ').replace(/^\*+ in database \w+ \*+ /, '');
}

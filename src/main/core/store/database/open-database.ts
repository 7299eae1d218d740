import { existsSync, renameSync, statSync } from 'node:fs';
import SqliteDatabase from 'better-sqlite3';
import { CorvusError } from '#shared/errors.ts';
import type { ReadDb, WriteDb } from './database.ts';
import { fileStamp, migrate } from './migrate.ts';

const busyTimeoutMs = 5_000;
/** Checking every page of a larger file would delay the start too much. */
const largestCheckedBytes = 64 * 1024 * 1024;
const damage = new Set(['SQLITE_CORRUPT', 'SQLITE_NOTADB']);

export interface OpenedDatabase {
  db: WriteDb;
  /** Where a damaged file was moved to; null if there was none. */
  movedTo: string | null;
}

/** Opens or creates the app's database. A damaged file is renamed, never deleted, and a new one is created. */
export function openDatabase(path: string): OpenedDatabase {
  try {
    return { db: openAndCheck(path), movedTo: null };
  } catch (error) {
    if (!isDamage(error)) throw error;
    const movedTo = setAside(path);
    return { db: openAndCheck(path), movedTo };
  }
}

/** A second connection, read-only, that no writer blocks. */
export function openForReading(path: string): ReadDb {
  const db = new SqliteDatabase(path, { readonly: true });
  db.defaultSafeIntegers(true);
  db.pragma(`busy_timeout = ${busyTimeoutMs}`);
  return db as ReadDb;
}

/** Whether every page of a file can be read and fits the others. */
export function isWhole(path: string): boolean {
  const db = new SqliteDatabase(path, { readonly: true, fileMustExist: true });
  try {
    return db.pragma('quick_check(1)', { simple: true }) === 'ok';
  } catch (error) {
    if (isDamage(error)) return false;
    throw error;
  } finally {
    db.close();
  }
}

export function isDamage(error: unknown): boolean {
  if (!(error instanceof SqliteDatabase.SqliteError)) return false;
  return [...damage].some((code) => error.code.startsWith(code));
}

/** Opens a file for writing and brings it to the newest schema. Throws when it is damaged. */
export function openAndCheck(path: string): WriteDb {
  const db = new SqliteDatabase(path);
  try {
    db.defaultSafeIntegers(true);
    db.pragma(`busy_timeout = ${busyTimeoutMs}`);
    db.pragma('journal_mode = WAL');
    // Committed rows survive a power cut. This costs little, because changes are committed in batches and no call waits
    // for a commit.
    db.pragma('synchronous = FULL');
    db.pragma('foreign_keys = ON');
    check(db, path);
    migrate(db);
    // What a statement may have to take back, pages of a dozen indexes: in a temporary file, which is SQLite's usual place,
    // it costs more writes than the rows. Not before the migrations, which sort whole tables.
    db.pragma('temp_store = MEMORY');
    return db as WriteDb;
  } catch (error) {
    db.close();
    throw error;
  }
}

function check(db: SqliteDatabase.Database, path: string): void {
  if (statSync(path).size > largestCheckedBytes) return;
  const result = db.pragma('quick_check(1)', { simple: true });
  if (result !== 'ok') throw new SqliteDatabase.SqliteError(String(result), 'SQLITE_CORRUPT');
}

function setAside(path: string): string {
  const movedTo = `${path}.corrupt-${fileStamp()}`;
  try {
    for (const suffix of ['', '-wal', '-shm']) {
      if (existsSync(path + suffix)) renameSync(path + suffix, movedTo + suffix);
    }
  } catch (cause) {
    throw new CorvusError(
      'storage_unavailable',
      `The database ${path} is damaged and cannot be moved away.`,
      {},
      cause,
    );
  }
  return movedTo;
}

import { existsSync, renameSync, statSync } from 'node:fs';
import SqliteDatabase from 'better-sqlite3';
import { CorvusError } from '#shared/errors.ts';
import type { ReadDb, WriteDb } from './database.ts';
import { fileStamp, migrate } from './migrate.ts';

const busyTimeoutMs = 5_000;
/** Reading every page of a larger file would hold up the start for longer than people wait. */
const largestCheckedBytes = 64 * 1024 * 1024;
const damage = new Set(['SQLITE_CORRUPT', 'SQLITE_NOTADB']);

export interface OpenedDatabase {
  db: WriteDb;
  /** Where a damaged file was put; null when all was well. */
  movedTo: string | null;
}

/** Opens (or creates) the app's database. A damaged file is set aside, never deleted, and a new one takes its place. */
export function openDatabase(path: string): OpenedDatabase {
  try {
    return { db: openAndCheck(path), movedTo: null };
  } catch (error) {
    if (!isDamage(error)) throw error;
    const movedTo = setAside(path);
    return { db: openAndCheck(path), movedTo };
  }
}

/** A second connection that cannot write; waits for no writer. */
export function openForReading(path: string): ReadDb {
  const db = new SqliteDatabase(path, { readonly: true });
  db.defaultSafeIntegers(true);
  db.pragma(`busy_timeout = ${busyTimeoutMs}`);
  return db as ReadDb;
}

function isDamage(error: unknown): boolean {
  if (!(error instanceof SqliteDatabase.SqliteError)) return false;
  return [...damage].some((code) => error.code.startsWith(code));
}

function openAndCheck(path: string): WriteDb {
  const db = new SqliteDatabase(path);
  try {
    db.defaultSafeIntegers(true);
    db.pragma(`busy_timeout = ${busyTimeoutMs}`);
    db.pragma('journal_mode = WAL');
    // What is here can be fetched again or is worth no fsync: the money lives in the account's own ledger.
    db.pragma('synchronous = NORMAL');
    db.pragma('foreign_keys = ON');
    check(db, path);
    migrate(db);
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
    throw new CorvusError('storage_unavailable', `The database ${path} is damaged and cannot be moved away.`, {}, cause);
  }
  return movedTo;
}

import { copyFileSync, existsSync, linkSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { CorvusError } from '#shared/errors.ts';
import { dayMs } from '#shared/time.ts';
import { flush } from './storage/backup.ts';
import { integer, optionalInteger, text } from './database/columns.ts';
import { keepResets, raiseEnvelopeSpend } from './tables/envelopes-table.ts';
import { int, readAll, readOne, type WriteDb } from './database/database.ts';
import { firstIdAt } from '#shared/ids.ts';
import { listLocalKeys, revokeLocalKey } from './tables/local-keys-table.ts';
import { fileStamp, schemaFault } from './database/migrate.ts';
import { isDamage, openAndCheck } from './database/open-database.ts';
import { replayJournal } from './threads/replay-journal.ts';
import { RequestBatch } from './requests/request-batch.ts';
import { type StoredRequest, storedColumns } from './requests/stored-request.ts';
import { quarterOf, raiseRollups } from './requests/rollups-table.ts';

export interface Restored {
  /** Requests in the restored database. */
  requests: number;
  /**
   * Of them, those that the replaced database had and the backup had not, or not with their end and cost. null: the
   * replaced database could not be read to its end.
   */
  takenOver: number | null;
  /** The database before, which undoes this when it is restored; null: there was none. */
  replaced: string | null;
}

/** What of a backup may have got its end, or its charge, since. */
const unsettled = `status = 'open' OR (envelopes IS NOT NULL AND lane = 'prepaid' AND ledger_cost IS NULL)`;

/** An id may be a little older than its row: requests wait for money before they begin. */
const overlapMs = dayMs;
const rowsAtATime = 1_000;
const columns = storedColumns.join(', ');

/**
 * Puts a backup in the place of the database. No process may have the database open. Money that was spent stays spent:
 * requests since the backup are taken over from the database that is replaced, so that envelopes and usage count each
 * once, a request that was open in the backup gets its end, keys that were revoked since stay revoked, and envelopes that
 * were reset since count from then on. Everything is prepared in a copy; the last step is one rename. Throws `bad_request`
 * for a file that is no whole backup of Corvus, and then nothing has changed.
 */
export function restoreBackup(backupPath: string, databasePath: string): Restored {
  const prepared = `${databasePath}.restoring`;
  const remove = () => ['', '-wal', '-shm'].forEach((suffix) => rmSync(prepared + suffix, { force: true }));
  remove();
  try {
    copyChecked(backupPath, prepared);
    const taken = prepare(prepared, databasePath);
    const replaced = existsSync(databasePath) ? setBeside(databasePath) : null;
    renameSync(prepared, databasePath);
    flush(dirname(databasePath));
    return { ...taken, replaced };
  } finally {
    remove();
  }
}

/** Copies a backup without changing it, after it was found to be whole and of a schema that this program knows. */
function copyChecked(backupPath: string, copyPath: string): void {
  if (!statSync(backupPath, { throwIfNoEntry: false })?.isFile()) {
    throw new CorvusError('not_found', `There is no file ${backupPath}.`);
  }
  const refused = (why: string, cause?: unknown) =>
    new CorvusError('bad_request', `${backupPath} was not restored: ${why} Nothing was changed.`, {}, cause);
  let db: SqliteDatabase.Database | null = null;
  try {
    db = new SqliteDatabase(backupPath, { readonly: true, fileMustExist: true });
    const fault = schemaFault(db);
    if (fault !== null) throw refused(fault);
    if (db.pragma('integrity_check(1)', { simple: true }) !== 'ok') throw refused('it is damaged.');
    db.prepare('VACUUM INTO ?').run(copyPath);
  } catch (error) {
    if (error instanceof SqliteDatabase.SqliteError && error.code === 'SQLITE_NOTADB')
      throw refused('it is no database.', error);
    throw isDamage(error) ? refused('it is damaged.', error) : error;
  } finally {
    db?.close();
  }
}

function prepare(prepared: string, databasePath: string): Omit<Restored, 'replaced'> {
  const db = openAndCheck(prepared);
  try {
    const before = existsSync(databasePath) ? openBefore(databasePath) : null;
    const takenOver = before === 'damaged' ? null : takeOver(db, before);
    const row = readOne(db, 'SELECT count(*) AS requests FROM requests');
    // The renamed file must be whole by itself.
    db.pragma('journal_mode = DELETE');
    return { requests: row ? integer(row, 'requests') : 0, takenOver };
  } finally {
    db.close();
  }
}

/**
 * The database that is replaced, with all that its journal had. The journal of a damaged one stays, and is brought into
 * the restored database at its next start.
 */
function openBefore(databasePath: string): WriteDb | 'damaged' {
  let db: WriteDb | null = null;
  try {
    db = openAndCheck(databasePath);
    replayJournal(db, databasePath);
    return db;
  } catch (error) {
    const isUnreadable = isDamage(error) || (db !== null && !isReadable(db));
    db?.close();
    if (isUnreadable) return 'damaged';
    throw error;
  }
}

function isReadable(db: WriteDb): boolean {
  try {
    return db.pragma('quick_check(1)', { simple: true }) === 'ok';
  } catch {
    return false;
  }
}

/** Returns how many requests were taken over; null: damage was found on the way. */
function takeOver(db: WriteDb, before: WriteDb | null): number | null {
  if (before === null) return 0;
  try {
    // The oldest of the last rows, because a row from a time when the clock was ahead does not show where the backup
    // ends.
    const lastRows = 'SELECT created_at_ms FROM requests ORDER BY rowid DESC LIMIT $rowsAtATime';
    const last = readOne(db, `SELECT min(created_at_ms) AS at FROM (${lastRows})`, { rowsAtATime: int(rowsAtATime) });
    const lastMs = last && optionalInteger(last, 'at');
    let from = lastMs === null ? '' : firstIdAt(Math.max(0, lastMs - overlapMs));
    const sinceMs = from === '' ? 0 : quarterOf(from);
    const open = readAll(db, `SELECT id FROM requests WHERE (${unsettled}) AND id < $from`, { from });
    let count = addRows(
      db,
      open.flatMap((row) => readAll(before, `SELECT ${columns} FROM requests WHERE id = $id`, { id: text(row, 'id') })),
    );
    for (;;) {
      const rows = readAll(before, `SELECT ${columns} FROM requests WHERE id > $from ORDER BY id LIMIT $limit`, {
        from,
        limit: int(rowsAtATime),
      });
      count += addRows(db, rows);
      const end = rows.at(-1);
      if (!end) break;
      from = text(end, 'id');
    }
    // Sums outlive the rows that they count: some may have been deleted since.
    db.transaction(() => {
      raiseRollups(db, before, sinceMs);
      keepResets(db, before);
      raiseEnvelopeSpend(db, before);
    }).immediate();
    for (const { id, revokedAtMs } of listLocalKeys(before))
      if (revokedAtMs !== null) revokeLocalKey(db, id, revokedAtMs);
    return count;
  } catch (error) {
    if (isDamage(error)) return null;
    throw error;
  } finally {
    before.close();
  }
}

function addRows(db: WriteDb, rows: readonly unknown[]): number {
  return db
    .transaction(() => {
      const batch = new RequestBatch(db);
      for (const row of rows) batch.takeOver(row as StoredRequest);
      return batch.write().length;
    })
    .immediate();
}

/** Gives the database a second name, so that its own is never without a file. Returns that name. */
function setBeside(databasePath: string): string {
  const beside = `${databasePath}.replaced-${fileStamp()}`;
  // Only a damaged database still has these; beside the restored one they would be taken for its own.
  for (const suffix of ['-wal', '-shm']) {
    if (existsSync(databasePath + suffix)) renameSync(databasePath + suffix, beside + suffix);
  }
  try {
    linkSync(databasePath, beside);
  } catch {
    // Some file systems have no links.
    copyFileSync(databasePath, beside);
  }
  return beside;
}

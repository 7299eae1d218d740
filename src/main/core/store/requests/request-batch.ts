import type { RequestSummary } from '#shared/account/request.ts';
import { change, int, readAll, readOne, type SqlValue, type WriteDb } from '../database/database.ts';
import { firstIdAt } from '#shared/ids.ts';
import { readLedgerCharge } from './ledger-charge.ts';
import {
  begunRow,
  chargedRow,
  fetchedRow,
  finishedRow,
  interruptedRow,
  namedRow,
  refusedRow,
  settledRow,
  switchedRow,
  unchargedRow,
} from './request-changes.ts';
import { storedColumns, type StoredRequest } from './stored-request.ts';
import type { BegunRequest, RequestRecord } from './request-records.ts';
import { summaryOf, sumsOf } from './request-rows.ts';
import { RollupChanges } from './rollups-table.ts';

interface ChangedRow {
  /** As the table has it; null: not yet. */
  before: StoredRequest | null;
  after: StoredRequest;
}

const columns = storedColumns.join(', ');
const placeholders = `(${storedColumns.map(() => '?').join(', ')})`;
/**
 * What a statement may have to take back, SQLite keeps once for each statement: the pages of a dozen indexes, which cost
 * as much as half of the row.
 */
const rowsPerInsert = 25;
const insertOne = insertOf(1);
const insertSeveral = insertOf(rowsPerInsert);

/** Columns that an index is on: they are only written when they change. */
const indexed = ['status', 'lane', 'provider', 'answer_id'] as const;
const fixed = [
  'id',
  'created_at_ms',
  'local_key_id',
  'local_key_label',
  'dialect',
  'endpoint',
  'model_requested',
  'route_reason',
  'plan',
  'tool',
  'project',
  'session',
  'agent',
  'parent_agent',
  'tags',
];
const assigned = storedColumns.filter((column) => !fixed.includes(column) && !indexed.some((name) => name === column));

const mostOverdue = 500;

/**
 * Changes of requests that are written together: each row is read at most once and written once, whatever happened to
 * it, and the rollups get one change for all rows that they count together. Applying a record again changes nothing, so
 * a journal may be replayed from anywhere before its end.
 */
export class RequestBatch {
  readonly #db: WriteDb;
  readonly #rows = new Map<string, ChangedRow>();
  /** When each local key was last used. */
  readonly #used = new Map<string, number>();

  constructor(db: WriteDb) {
    this.#db = db;
  }

  apply(record: RequestRecord): void {
    switch (record.kind) {
      case 'begun':
        this.#use(record.request);
        return this.#add(begunRow(record.request));
      case 'refused':
        return this.#add(refusedRow(record.request));
      case 'switched': {
        const row = this.#get(record.request.id);
        return row?.status === 'open' ? this.#set(switchedRow(row, record.request)) : undefined;
      }
      case 'named': {
        const row = this.#get(record.request.id);
        return row?.status === 'open' ? this.#set(namedRow(row, record.request)) : undefined;
      }
      case 'finished': {
        const row = this.#get(record.request.id);
        // The first end counts.
        if (row?.status !== 'open') return;
        this.#set(finishedRow(row, record.request));
        return void this.charge(record.request.id);
      }
      case 'fetched': {
        const row = this.#get(record.request.id);
        return row ? this.#set(fetchedRow(row, record.request)) : undefined;
      }
      case 'settled': {
        const row = this.#get(record.request.requestId);
        return row ? this.#set(settledRow(row, record.request)) : undefined;
      }
    }
  }

  /**
   * Takes over what the ledger charged for a request. Returns whether it is a prepaid request of this machine with a
   * charge.
   */
  charge(id: string): boolean {
    const row = this.#get(id);
    const charge = row?.lane === 'prepaid' ? readLedgerCharge(this.#db, id) : null;
    if (!row || !charge) return false;
    this.#set(chargedRow(row, charge));
    return true;
  }

  /** Names answers of this time for which the account took nothing. */
  missCharges(sinceMs: number, beforeMs: number): void {
    const overdue = readAll(
      this.#db,
      `SELECT ${columns} FROM requests
       WHERE lane = 'prepaid' AND match IS NULL AND ledger_cost IS NULL AND metered_cost > 0 AND coalesce(written_off, 0) = 0
         AND status IN ('completed', 'truncated')
         AND id >= $since AND id < $before LIMIT ${mostOverdue}`,
      { since: firstIdAt(sinceMs), before: firstIdAt(beforeMs) },
    ) as StoredRequest[];
    for (const row of overdue) this.#rows.set(String(row.id), { before: row, after: unchargedRow(row) });
  }

  /** Marks every open request as interrupted. Returns their rows. */
  interruptOpen(): StoredRequest[] {
    const open = readAll(this.#db, `SELECT ${columns} FROM requests WHERE status = 'open'`) as StoredRequest[];
    for (const row of open) this.#rows.set(String(row.id), { before: row, after: interruptedRow(row) });
    return open;
  }

  /** A row as another database of this machine has it, which is newer. An end is never taken back. */
  takeOver(row: StoredRequest): void {
    const known = this.#get(String(row.id));
    if (row.status !== 'open' || known === null) this.#set(row);
  }

  /** Writes what changed. Returns the rows that did, as they are now. */
  write(): RequestSummary[] {
    const rollups = new RollupChanges();
    const written: StoredRequest[] = [];
    const added: StoredRequest[] = [];
    for (const { before, after } of this.#rows.values()) {
      if (before && storedColumns.every((column) => before[column] === after[column])) continue;
      if (before) {
        this.#writeRow(before, after);
        rollups.add(before, -1n);
      } else added.push(after);
      rollups.add(after, 1n);
      written.push(after);
    }
    this.#insert(added);
    rollups.write(this.#db);
    for (const [id, atMs] of this.#used) this.#writeUse(id, atMs);
    return written.map((row) => summaryOf({ ...row, ...sumsOf(row) }));
  }

  #use({ localKeyId, createdAtMs }: BegunRequest): void {
    if (localKeyId !== null) this.#used.set(localKeyId, Math.max(this.#used.get(localKeyId) ?? 0, createdAtMs));
  }

  #get(id: string): StoredRequest | null {
    const known = this.#rows.get(id);
    if (known) return known.after;
    const row = readOne(this.#db, `SELECT ${columns} FROM requests WHERE id = $id`, { id }) as StoredRequest | null;
    if (row) this.#rows.set(id, { before: row, after: row });
    return row;
  }

  #add(row: StoredRequest): void {
    const id = String(row.id);
    if (!this.#get(id)) this.#rows.set(id, { before: null, after: row });
  }

  #set(after: StoredRequest): void {
    const id = String(after.id);
    this.#rows.set(id, { before: this.#rows.get(id)?.before ?? null, after });
  }

  #insert(rows: readonly StoredRequest[]): void {
    const several = rows.length - (rows.length % rowsPerInsert);
    for (let start = 0; start < several; start += rowsPerInsert)
      change(this.#db, insertSeveral, valuesOf(rows.slice(start, start + rowsPerInsert)));
    for (const row of rows.slice(several)) change(this.#db, insertOne, valuesOf([row]));
  }

  #writeRow(before: StoredRequest, after: StoredRequest): void {
    const names = [...assigned, ...indexed.filter((column) => before[column] !== after[column])];
    const values: Record<string, SqlValue> = after;
    change(
      this.#db,
      `UPDATE requests SET ${names.map((name) => `${name} = $${name}`).join(', ')} WHERE id = $id`,
      values,
    );
  }

  #writeUse(id: string, atMs: number): void {
    change(
      this.#db,
      'UPDATE local_keys SET last_used_at_ms = $atMs WHERE id = $id AND coalesce(last_used_at_ms, 0) < $atMs',
      { id, atMs: int(atMs) },
    );
  }
}

function insertOf(rows: number): string {
  return `INSERT INTO requests (${columns}) VALUES ${Array.from({ length: rows }, () => placeholders).join(', ')}`;
}

function valuesOf(rows: readonly StoredRequest[]): SqlValue[] {
  return rows.flatMap((row) => storedColumns.map((column) => row[column]));
}

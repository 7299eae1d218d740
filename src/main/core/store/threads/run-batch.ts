import SqliteDatabase from 'better-sqlite3';
import type { RequestSummary } from '#shared/account/request.ts';
import { CorvusError } from '#shared/errors.ts';
import type { BatchAnswer, BatchResult, Call, CallFailure, CallResult } from './channel.ts';
import type { WriteDb } from '../database/database.ts';
import type { Operations } from '../operations.ts';
import { RequestBatch } from '../requests/request-batch.ts';
import type { RequestRecord } from '../requests/request-records.ts';

const diskTrouble = /^SQLITE_(FULL|IOERR|READONLY|CANTOPEN|BUSY|LOCKED|CORRUPT|NOTADB|NOMEM|PERM|AUTH)/;

interface Work {
  records: readonly RequestRecord[];
  calls: readonly Call[];
}

/**
 * Applies records and runs calls that came together, as one transaction. If one of them fails, each is tried again in a
 * transaction of its own, so that the others succeed. If the disk is the cause, the batch has failed, and may be sent
 * again.
 */
export function runWrites(db: WriteDb, operations: Operations<WriteDb>, { records, calls }: Work): BatchAnswer {
  const together = (): BatchResult => ({
    rows: applyRecords(db, records),
    refused: [],
    results: calls.map((call) => runOne(db, operations, call)),
  });
  try {
    return db.transaction(together).immediate();
  } catch (error) {
    if (isDiskTrouble(error)) return { trouble: failureOf(error).message };
  }
  try {
    return runEachAlone(db, operations, { records, calls });
  } catch (error) {
    // Records that were applied are applied again without effect.
    return { trouble: failureOf(error).message };
  }
}

/** Writes what records say. Returns the rows that changed. */
function applyRecords(db: WriteDb, records: readonly RequestRecord[]): RequestSummary[] {
  if (records.length === 0) return [];
  const batch = new RequestBatch(db);
  for (const record of records) batch.apply(record);
  return batch.write();
}

/** Throws only what the disk has caused. */
function runEachAlone(db: WriteDb, operations: Operations<WriteDb>, { records, calls }: Work): BatchResult {
  const result: BatchResult = { rows: [], refused: [], results: [] };
  for (const record of records) {
    const applied = attempt(() => db.transaction(() => applyRecords(db, [record])).immediate());
    if ('failure' in applied) result.refused.push(applied.failure.message);
    else result.rows.push(...applied.value);
  }
  for (const call of calls) {
    const ran = attempt(() => db.transaction(() => runOne(db, operations, call)).immediate());
    result.results.push('failure' in ran ? { ok: false, failure: ran.failure } : ran.value);
  }
  return result;
}

function attempt<T>(task: () => T): { value: T } | { failure: CallFailure } {
  try {
    return { value: task() };
  } catch (error) {
    if (isDiskTrouble(error)) throw error;
    return { failure: failureOf(error) };
  }
}

/** Runs each call on its own; `open` opens the file at the first one. */
export function runReads<Db>(open: () => Db, operations: Operations<Db>, calls: readonly Call[]): BatchResult {
  const results = calls.map((call): CallResult => {
    try {
      return runOne(open(), operations, call);
    } catch (error) {
      return { ok: false, failure: failureOf(error) };
    }
  });
  return { rows: [], refused: [], results };
}

function runOne<Db>(db: Db, operations: Operations<Db>, [name, ...args]: Call): CallResult {
  const operation = operations[name];
  if (!operation) throw new Error(`there is no operation "${name}"`);
  return { ok: true, value: operation(db, ...(args as never[])) };
}

/** The same call may work later. */
function isDiskTrouble(error: unknown): boolean {
  return error instanceof SqliteDatabase.SqliteError && diskTrouble.test(error.code);
}

/** What to report of an error. */
export function failureOf(error: unknown): CallFailure {
  if (error instanceof CorvusError) return { code: error.code, message: error.message };
  const message = error instanceof Error ? error.message : String(error);
  if (!isDiskTrouble(error)) return { code: 'internal_error', message };
  return { code: 'storage_unavailable', message: `The database cannot be used: ${message}. Check the disk.` };
}

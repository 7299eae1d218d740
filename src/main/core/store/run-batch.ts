import SqliteDatabase from 'better-sqlite3';
import { CorvusError } from '#shared/errors.ts';
import type { Call, CallFailure, CallResult } from './channel.ts';
import type { ReadDb, WriteDb } from './database.ts';
import type { Operations } from './operations.ts';

const diskTrouble = /^SQLITE_(FULL|IOERR|READONLY|CANTOPEN|BUSY|LOCKED|CORRUPT|NOTADB|NOMEM|PERM|AUTH)/;

/**
 * Runs calls that came together as one transaction. If one of them fails, each is run again in a transaction of its own, so that the others
 * succeed. If the disk is the cause, all of them have failed.
 */
export function runWrites(db: WriteDb, operations: Operations<WriteDb>, calls: readonly Call[]): CallResult[] {
  try {
    return db.transaction(() => calls.map((call) => runOne(db, operations, call))).immediate();
  } catch (error) {
    const failure = failureOf(error);
    if (calls.length === 1 || failure.isDiskTrouble) return calls.map(() => ({ ok: false, failure }));
    return calls.flatMap((call) => runWrites(db, operations, [call]));
  }
}

/** Runs each call on its own; `open` opens the file at the first one. */
export function runReads(open: () => ReadDb, operations: Operations<ReadDb>, calls: readonly Call[]): CallResult[] {
  return calls.map((call) => {
    try {
      return runOne(open(), operations, call);
    } catch (error) {
      return { ok: false, failure: failureOf(error) };
    }
  });
}

function runOne<Db>(db: Db, operations: Operations<Db>, [name, ...args]: Call): CallResult {
  const operation = operations[name];
  if (!operation) throw new Error(`there is no operation "${name}"`);
  return { ok: true, value: operation(db, ...(args as never[])) };
}

/** What to report of an error, and whether the disk caused it: then the same call may work later. */
export function failureOf(error: unknown): CallFailure {
  if (error instanceof CorvusError) return { code: error.code, message: error.message, isDiskTrouble: false };
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof SqliteDatabase.SqliteError) || !diskTrouble.test(error.code)) {
    return { code: 'internal_error', message, isDiskTrouble: false };
  }
  return { code: 'storage_unavailable', message: `The database cannot be used: ${message}. Check the disk.`, isDiskTrouble: true };
}

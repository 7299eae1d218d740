import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { CorvusError } from '#shared/errors.ts';
import type { Db } from '../database/open-database.ts';
import { withoutTimeout } from '../database/open-postgres.ts';
import { isPostgres } from '../database/is-postgres.ts';
import type { HoldRow } from '../database/schema.ts';
import { startThread } from '#proxy/start-thread.ts';
import { proveFile } from './prove-file.ts';
import { holdFaults, ledgerFaults } from './verify-ledger.ts';
import type { Proof } from './verify-worker.ts';

/** So many rows are verified in less time than it takes to start a thread. */
const mostAtOnceBytes = 2 * 1024 * 1024;

/**
 * Verifies a service's database while it works: damage of the file, then the ledger. SQLite would block every request
 * meanwhile, so a separate thread reads the file.
 * @param place the database's address, as it was opened with
 */
export async function verifyDatabase(db: Db, place: string, isAnswered: (hold: HoldRow) => boolean): Promise<string[]> {
  const faults = isPostgres(db) ? await withoutTimeout(db, ledgerFaults) : await proveSqlite(place);
  return [...faults, ...(await holdFaults(db, isAnswered))];
}

async function proveSqlite(path: string): Promise<string[]> {
  const bytes = ['', '-wal'].reduce(
    (sum, suffix) => sum + (existsSync(path + suffix) ? statSync(path + suffix).size : 0),
    0,
  );
  return bytes <= mostAtOnceBytes ? proveFile(path) : proveApart(path);
}

async function proveApart(path: string): Promise<string[]> {
  const worker = startThread(import.meta.url, './verify-worker.ts', { workerData: { path } });
  // Only this thread's own message has this shape.
  const [proof] = (await once(worker, 'message')) as [Proof];
  if (proof.kind === 'proved') return proof.faults;
  throw new CorvusError('billing_unavailable', `The database could not be read for its proof: ${String(proof.error)}`, {
    retryAfterSeconds: 5,
  });
}

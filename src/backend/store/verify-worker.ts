import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { findingsOf, openSqliteForReading } from '../database/open-sqlite.ts';
import { ledgerFaults } from './verify-ledger.ts';

const dataSchema = z.object({ path: z.string() });

/** What a thread that proves a SQLite file says at its end. */
export type Proof = { kind: 'proved'; faults: string[] } | { kind: 'failed'; error: unknown };

/** Proves everything that only reads: the file page by page, every index with its table, and the books. */
async function prove(path: string): Promise<string[]> {
  const findings = findingsOf(path);
  if (findings.length > 0) return findings;
  const db = openSqliteForReading(path);
  try {
    return await ledgerFaults(db);
  } finally {
    await db.destroy();
  }
}

if (parentPort) {
  const { path } = dataSchema.parse(workerData);
  const proof: Proof = await prove(path).then(
    (faults) => ({ kind: 'proved', faults }),
    (error: unknown) => ({ kind: 'failed', error: error instanceof Error ? error.message : String(error) }),
  );
  parentPort.postMessage(proof);
}

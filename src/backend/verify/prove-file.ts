import { findingsOf, openSqliteForReading } from '../database/open-sqlite.ts';
import { ledgerFaults } from './verify-ledger.ts';

/**
 * Verifies everything in a SQLite database that needs only its file: page by page, every index with its table, and the
 * ledger.
 */
export async function proveFile(path: string): Promise<string[]> {
  const findings = findingsOf(path);
  if (findings.length > 0) return findings;
  const db = openSqliteForReading(path);
  try {
    return await ledgerFaults(db);
  } finally {
    await db.destroy();
  }
}

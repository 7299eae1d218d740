import { moveToPostgres } from './move-to-postgres.ts';
import { isPostgresUrl, openDatabase } from '../database/open-database.ts';
import { readSqliteWhole, type SourceTable } from './read-sqlite-whole.ts';
import { verifyLedger } from '../verify/verify-ledger.ts';

interface MoveOutput {
  print(line: string): void;
  /** Progress, for a person who waits. */
  progress(line: string): void;
}

const hundred = 100n;

/**
 * `corvusllm-backend move`: copies the database from a SQLite file to an empty PostgreSQL database, and verifies the
 * ledger there.
 */
export async function move(path: string, url: string, { print, progress }: MoveOutput): Promise<void> {
  if (!isPostgresUrl(url))
    throw new Error('The second argument is the target database: postgres://user@host/database.');
  const source = readSqliteWhole(path);
  try {
    const target = await openDatabase(url);
    try {
      const total = source.tables.reduce((sum, { rows }) => sum + rows, 0n);
      await moveToPostgres(source, target, {
        onProgress: progressOf(source.tables, total, progress),
        check: async (tx) => {
          progress('All rows are copied. Verifying the ledger …');
          // Requests that were cut off have holds: the service releases them when they expire.
          return verifyLedger(tx, () => true);
        },
      });
      print(`${total} rows of ${source.tables.length} tables moved, and the ledger verified: no fault.`);
    } finally {
      await target.destroy();
    }
  } finally {
    source.close();
  }
}

function progressOf(
  tables: readonly SourceTable[],
  total: bigint,
  progress: (line: string) => void,
): (table: SourceTable, done: bigint) => void {
  const before = new Map<string, bigint>();
  let sum = 0n;
  for (const { name, rows } of tables) {
    before.set(name, sum);
    sum += rows;
  }
  return ({ name, rows }, done) =>
    progress(`${(((before.get(name) ?? 0n) + done) * hundred) / total} %  ${name}: ${done} of ${rows} rows`);
}

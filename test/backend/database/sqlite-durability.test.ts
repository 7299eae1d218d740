import SqliteDatabase from 'better-sqlite3';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { inTransaction } from '#backend/database/in-transaction.ts';
import { openDatabase } from '#backend/database/open-database.ts';
import { nanoUsd } from '#shared/money.ts';
import { openTestLedger } from '../../support/open-test-ledger.ts';

test('a reopened database still waits for the disk', async () => {
  await using ledger = await openTestLedger(nanoUsd(1_000n));
  const second = await openDatabase(ledger.database.place);
  const { rows } = await sql<{ synchronous: bigint }>`pragma synchronous`.execute(second);
  expect(rows).toEqual([{ synchronous: 2n }]);
  await second.destroy();
});

test('what need only survive a crash does not wait for the disk, and what comes after it does, also after a failure', async () => {
  await using ledger = await openTestLedger(nanoUsd(1_000n));
  const db = await openDatabase(ledger.database.place);
  const waits = async (at: Parameters<typeof inTransaction>[0]): Promise<unknown> =>
    (await sql<{ synchronous: bigint }>`pragma synchronous`.execute(at)).rows[0]?.synchronous;
  expect(await inTransaction(db, waits, 'crash')).toBe(1n);
  expect(await waits(db)).toBe(2n);
  const failing = () => Promise.reject(new Error('no'));
  await expect(inTransaction(db, failing, 'crash')).rejects.toThrow('no');
  expect(await inTransaction(db, waits)).toBe(2n);
  // Beside each other, each has its own.
  expect(await Promise.all([inTransaction(db, waits, 'crash'), inTransaction(db, waits), waits(db)])).toEqual([
    1n,
    2n,
    2n,
  ]);
  // Also while one of them waits for another process.
  const shell = new SqliteDatabase(ledger.database.place);
  shell.exec('begin immediate');
  const both = [inTransaction(db, waits, 'crash'), inTransaction(db, waits)];
  expect(await waits(db)).toBe(2n);
  shell.exec('rollback');
  shell.close();
  expect(await Promise.all(both)).toEqual([1n, 2n]);
  await db.destroy();
});

test('play money does not wait for the disk: its database survives the end of the process only', async () => {
  await using ledger = await openTestLedger(nanoUsd(1_000n));
  const db = await openDatabase(ledger.database.place, 'crash');
  const waits = async (at: Parameters<typeof inTransaction>[0]): Promise<unknown> =>
    (await sql<{ synchronous: bigint }>`pragma synchronous`.execute(at)).rows[0]?.synchronous;
  expect([await inTransaction(db, waits), await inTransaction(db, waits, 'crash'), await waits(db)]).toEqual([
    1n,
    1n,
    1n,
  ]);
  await db.destroy();
});

import { sql } from 'kysely';
import { expect, test } from 'vitest';
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

import { expect, test } from 'vitest';
import { createTransact } from '#backend/database/gather-transactions.ts';
import { nanoUsd } from '#shared/money.ts';
import { openTestLedger } from '../../support/open-test-ledger.ts';

test('work that begins in one turn of the event loop shares transactions, and a failing piece is alone with its failure', async () => {
  await using ledger = await openTestLedger(nanoUsd(1_000n));
  const transact = createTransact(ledger.db);
  const transactions = new Set<unknown>();
  const pieces = Array.from({ length: 40 }, (_, number) =>
    transact(async (tx) => {
      transactions.add(tx);
      if (number === 7) throw new Error('no');
      return number;
    }, 'crash').catch((error: Error) => error.message),
  );
  const results = await Promise.all(pieces);
  expect(results).toEqual(Array.from({ length: 40 }, (_, number) => (number === 7 ? 'no' : number)));
  expect(transactions.size).toBeLessThan(40);
});

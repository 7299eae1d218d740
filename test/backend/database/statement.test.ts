import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { isDuplicate } from '#backend/database/database-trouble.ts';
import { inTransaction } from '#backend/database/in-transaction.ts';
import type { Tx } from '#backend/database/open-database.ts';
import { insertion, statement } from '#backend/database/statement.ts';
import { admitRequest } from '#backend/inference/admit-request.ts';
import { createAccountQueue } from '#backend/inference/account-queue.ts';
import { createEvents } from '#backend/runtime/events.ts';
import { countOpenHolds } from '#backend/store/hold-store.ts';
import { openTestLedger, nano, testCall, type TestLedger } from '../../support/open-test-ledger.ts';

interface Cursor {
  name: string;
  reached_s: bigint;
}

const insertCursors = insertion<Cursor>('payment_cursors', ['name', 'reached_s']);
const moveCursor = statement<{ name: string; reached: bigint }>((db, value) =>
  db
    .updateTable('payment_cursors')
    .set({ reached_s: value('reached') })
    .where('name', '=', value('name')),
);
const readCursor = statement<{ name: string }, Cursor>((db, value) =>
  db.selectFrom('payment_cursors').select(['name', 'reached_s']).where('name', '=', value('name')),
);

async function cursors({ db }: TestLedger): Promise<Cursor[]> {
  return db.selectFrom('payment_cursors').select(['name', 'reached_s']).orderBy('name').execute();
}

test('statements that are sent one after the other take effect in this order, and answers come to who asked', async () => {
  await using ledger = await openTestLedger(nano(1));
  const rows = Array.from({ length: 40 }, (_, number) => ({ name: `c${number + 10}`, reached_s: BigInt(number) }));
  const read = await inTransaction(ledger.db, async (tx) => {
    await insertCursors(tx, rows);
    const before = await readCursor.ask(tx, { name: 'c10' });
    await moveCursor.send(tx, { name: 'c10', reached: 7n });
    const after = await readCursor.ask(tx, { name: 'c10' });
    return [await after.rows(), await before.rows()];
  });
  expect(read).toEqual([[{ name: 'c10', reached_s: 7n }], [{ name: 'c10', reached_s: 0n }]]);
  expect(await cursors(ledger)).toEqual(rows.map((row) => (row.name === 'c10' ? { ...row, reached_s: 7n } : row)));
});

const twice = async (tx: Tx): Promise<void> => {
  await insertCursors(tx, [{ name: 'a', reached_s: 1n }]);
  await insertCursors(tx, [{ name: 'a', reached_s: 2n }]);
};

test.each<[string, (tx: Tx) => Promise<unknown>]>([
  ['at the commit', twice],
  ['at the next answer', (tx) => twice(tx).then(() => sql`select 1`.execute(tx))],
  [
    'although more was sent',
    async (tx) => {
      await twice(tx);
      await moveCursor.send(tx, { name: 'a', reached: 3n });
    },
  ],
])(
  'what the database refuses fails the whole transaction with that reason, %s, and the connection goes on',
  async (_when, work) => {
    await using ledger = await openTestLedger(nano(1));
    const error = await inTransaction(ledger.db, work).catch((reason: unknown) => reason);
    expect(isDuplicate(error), String(error)).toBe(true);
    expect(await cursors(ledger)).toEqual([]);
    await inTransaction(ledger.db, (tx) => insertCursors(tx, [{ name: 'a', reached_s: 1n }]), 'crash');
    expect(await cursors(ledger)).toEqual([{ name: 'a', reached_s: 1n }]);
  },
);

test('of requests that are reserved together, one whose id was used before is refused alone', async () => {
  await using ledger = await openTestLedger(nano(1_000));
  const clock = { nowMs: () => 1_000, after: () => () => undefined };
  const queue = createAccountQueue({ db: ledger.db, clock, events: createEvents() });
  const used = testCall();
  const admit = (call = testCall()) =>
    queue.enqueue(
      ledger.accountId,
      (tx, account, mayWait, looksFirst) =>
        admitRequest(
          tx,
          account,
          {
            call,
            caller: ledger,
            holdRequest: { wanted: nano(10), minimum: nano(10) },
            catalogueVersion: 'v',
            ownerId: 'i#1',
            expiresAtMs: 9_000,
          },
          mayWait,
          looksFirst,
        ),
      { rank: 'admit', waitMs: null },
    );
  await admit(used);
  const results = await Promise.allSettled([admit(), admit(), admit(used), admit()]);
  expect(results.map((result) => (result.status === 'fulfilled' ? result.value.kind : result.reason.code))).toEqual([
    'held',
    'held',
    'request_in_flight',
    'held',
  ]);
  expect(await countOpenHolds(ledger.db)).toBe(4);
  await expect(admit(used)).rejects.toMatchObject({ code: 'request_in_flight' });
});

import { expect, test } from 'vitest';
import { inTransaction } from '#backend/database/in-transaction.ts';
import { type Db, openDatabase } from '#backend/database/open-database.ts';
import { issueInvoice } from '#backend/documents/issue-documents.ts';
import { findOrder, insertOrder } from '#backend/store/order-store.ts';
import { nano, openTestLedger } from '../../support/open-test-ledger.ts';
import { databaseKind } from '../../support/test-database.ts';

const orders = 2_000;
const workersEach = 15;
const nowMs = Date.UTC(2026, 10, 27);

/** SQLite belongs to one instance; PostgreSQL to any number. */
async function openReplicas(first: Db, place: string): Promise<Db[]> {
  return databaseKind === 'postgres' ? [first, await openDatabase(place), await openDatabase(place)] : [first];
}

test(
  'two thousand invoices at once on three replicas: unique, increasing, one per top-up, without a gap though every fifth is undone (D82)',
  { timeout: 60_000 },
  async () => {
    await using ledger = await openTestLedger(nano(0));
    const template = await insertOrder(ledger.db, { id: 'ord_0', accountId: ledger.accountId, amount: nano(5), nowMs });
    for (let from = 1; from < orders; from += 1000) {
      const rows = Array.from({ length: Math.min(1000, orders - from) }, (_, index) => ({
        ...template,
        paid_at_ms: null,
        paid_cents: null,
        paid_currency: null,
        id: `ord_${from + index}`,
      }));
      await ledger.db.insertInto('orders').values(rows).execute();
    }
    const replicas = await openReplicas(ledger.db, ledger.database.place);
    let next = 0;
    let undone = 0;
    const issueAll = async (db: Db): Promise<void> => {
      while (next < orders) {
        const id = `ord_${(next += 1) - 1}`;
        const issue = (breaks: boolean) =>
          inTransaction(db, async (tx) => {
            const order = await findOrder(tx, id);
            if (order) await issueInvoice(tx, order, null, nowMs);
            if (breaks) throw new Error('undone');
          });
        if (next % 5 === 0) {
          await expect(issue(true)).rejects.toThrow('undone');
          undone += 1;
        }
        await issue(false);
      }
    };
    await Promise.all(replicas.flatMap((db) => Array.from({ length: workersEach }, () => issueAll(db))));
    expect(undone).toBe(orders / 5);
    const billingDocuments = await ledger.db
      .selectFrom('billing_documents')
      .select(['number', 'order_id', 'sequence'])
      .orderBy('counter')
      .execute();
    expect(billingDocuments.map(({ number }) => number)).toEqual(
      Array.from({ length: orders }, (_, index) => `CV-2026-${String(index + 1).padStart(6, '0')}`),
    );
    expect(new Set(billingDocuments.map(({ order_id }) => order_id)).size).toBe(orders);
    expect(
      billingDocuments.every(
        ({ sequence }, index) => index === 0 || sequence > (billingDocuments[index - 1]?.sequence ?? 0n),
      ),
    ).toBe(true);
    for (const db of replicas.slice(1)) await db.destroy();
  },
);

test('numbers restart with the year, by UTC', async () => {
  await using ledger = await openTestLedger(nano(0));
  for (const [id, atMs] of [
    ['ord_1', Date.UTC(2026, 11, 31, 23, 59, 59, 999)],
    ['ord_2', Date.UTC(2027, 0, 1)],
    ['ord_3', Date.UTC(2026, 11, 31)],
  ] as const) {
    const order = await insertOrder(ledger.db, { id, accountId: ledger.accountId, amount: nano(5), nowMs });
    await inTransaction(ledger.db, (tx) => issueInvoice(tx, order, null, atMs));
  }
  const billingDocuments = await ledger.db
    .selectFrom('billing_documents')
    .select(['number', 'order_id'])
    .orderBy('order_id')
    .execute();
  expect(billingDocuments.map(({ number }) => number)).toEqual(['CV-2026-000001', 'CV-2027-000001', 'CV-2026-000002']);
});

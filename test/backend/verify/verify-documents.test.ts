import { expect, test } from 'vitest';
import { applyPaymentFact } from '#backend/billing/payments/apply-payment-fact.ts';
import { confirmOrderPaid } from '#backend/billing/orders/confirm-order-paid.ts';
import { creditOrder } from '#backend/billing/orders/credit-order.ts';
import { inTransaction } from '#backend/database/in-transaction.ts';
import { insertOrder } from '#backend/store/order-store.ts';
import { recordPayment } from '#backend/billing/payments/payment-store.ts';
import { verifyLedger } from '#backend/verify/verify-ledger.ts';
import { nano, openTestLedger, type TestLedger } from '../../support/open-test-ledger.ts';

async function withPaidOrder(isPlayMoney = false): Promise<TestLedger> {
  const ledger = await openTestLedger(nano(0));
  await insertOrder(ledger.db, { id: 'ord_1', accountId: ledger.accountId, amount: nano(5_000_000_000), nowMs: 1 });
  await confirmOrderPaid(ledger.db, { orderId: 'ord_1', paymentId: 'pay_1', isPlayMoney, nowMs: Date.UTC(2026, 0, 2) });
  return ledger;
}

const faultsOf = async ({ db }: TestLedger): Promise<string> => (await verifyLedger(db)).join('\n');

const columns =
  '(number, kind, series, year, counter, account_id, order_id, invoice_number, reason, credit, facts, issued_at_ms)';
const copyOf = (values: string): string =>
  `insert into billing_documents ${columns} select ${values} from billing_documents where number = 'CV-2026-000001'`;

test.each([
  [
    'a number is skipped',
    copyOf(`'CN-2026-000002', 'credit_note', 'CN', 2026, 2, account_id, order_id, number, 'refund', 1, facts, 1`),
    'CN-2026-000002',
  ],
  [
    'all documents of a series are gone',
    "insert into document_counters (series, year, last) values ('CN', 2026, 2)",
    'CN-2026',
  ],
  ['the counter stands elsewhere', 'update document_counters set last = 7', 'counter says 7'],
  [
    'a credit note was written for nothing',
    copyOf(`'CN-2026-000001', 'credit_note', 'CN', 2026, 1, account_id, order_id, number, 'refund', 9, facts, 1`),
    'credit notes say 9',
  ],
  [
    'the order is of another amount',
    'update orders set amount = 6000000000',
    'CV-2026-000001 is not what ord_1 was credited',
  ],
  [
    'an order was credited without an invoice',
    `insert into ledger_transfers (id, kind, debit_id, credit_id, amount, order_id, at_ms, account_id, chain_position, chain_hash)
      select 'ord_2:topup', 'topup', 'platform:cash', id, 1, 'ord_2', 1, account_id, 99, 'hash' from ledger_accounts where id like '%:available'`,
    'ord_2 was paid and credited, but has no invoice',
  ],
])('verify reports when %s', async (_, statement, fault) => {
  await using ledger = await withPaidOrder();
  expect(await faultsOf(ledger)).toBe('');
  await ledger.database.run(statement);
  expect(await faultsOf(ledger)).toContain(fault);
});

test.each([
  'update billing_documents set credit = 1',
  'delete from billing_documents',
  'update document_sellers set since_ms = 1',
  copyOf(`'CV-2026-000002', 'invoice', 'CV', 2026, 2, account_id, order_id, null, null, 1, facts, 1`),
  copyOf(`'CV-2026-000002', 'credit_note', 'CV', 2026, 2, account_id, order_id, null, null, 1, facts, 1`),
])('the database refuses: %s', async (statement) => {
  await using ledger = await withPaidOrder();
  await ledger.database.run(`insert into document_sellers (seller, since_ms) values (null, 0)`);
  await expect(ledger.database.run(statement)).rejects.toThrow();
});

test('play money is no sale: no invoice, no fault', async () => {
  await using ledger = await withPaidOrder(true);
  expect(await ledger.db.selectFrom('billing_documents').selectAll().execute()).toEqual([]);
  expect(await faultsOf(ledger)).toBe('');
});

test('an order without an invoice gets no note for its refund, and no fault', async () => {
  await using ledger = await openTestLedger(nano(0));
  await insertOrder(ledger.db, { id: 'ord_1', accountId: ledger.accountId, amount: nano(5_000_000_000), nowMs: 1 });
  const paid = { cents: 500n, currency: 'usd', taxCents: 0n };
  await inTransaction(ledger.db, (tx) =>
    creditOrder(tx, { orderId: 'ord_1', paymentId: 'pi_1', paid, isPlayMoney: true, nowMs: 2 }),
  );
  const refund = {
    kind: 'refund',
    id: 're_1',
    paymentId: 'pi_1',
    amountCents: 200,
    status: 'succeeded',
    asOfS: 1,
  } as const;
  await inTransaction(ledger.db, async (tx) => {
    await recordPayment(tx, 'pi_1', 'ord_1');
    expect((await applyPaymentFact(tx, refund, 3)).outcome).toBe('corrected');
  });
  expect(await ledger.db.selectFrom('billing_documents').selectAll().execute()).toEqual([]);
  expect(await faultsOf(ledger)).toBe('');
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase } from '#backend/database/open-database.ts';
import { sqliteDialect } from '#backend/database/sql-dialect.ts';
import { upstreamCosts } from '#backend/database/migrations/0010-upstream-costs.ts';
import { first } from '#backend/database/migrations/sqlite/0001-first.ts';
import { openPlatformAccounts, readFunds } from '#backend/store/ledger-store.ts';
import { verifyLedger } from '#backend/verify/verify-ledger.ts';
import { sqliteSteps } from '#backend/database/migrations.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'corvus-migrations-'));
  path = join(folder, 'backend.db');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A database as the first version left it: one account, paid and with something spent. */
function writeFirstVersion(): void {
  const sqlite = new SqliteDatabase(path);
  sqlite.exec(`pragma journal_mode = wal; pragma foreign_keys = on; ${first.sql} pragma user_version = 1;
    insert into customer_accounts values ('acc_1', 1);
    insert into customer_keys values ('key_1', 'acc_1', 'hash', 'hint', 'label', 1, null);
    insert into ledger_accounts (id, account_id, must_not_overdraw) values
      ('platform:cash', null, 0), ('platform:promotional', null, 0), ('platform:revenue', null, 0), ('platform:written_off', null, 0),
      ('customer:acc_1:available', 'acc_1', 1), ('customer:acc_1:held', 'acc_1', 1);
    insert into ledger_transfers (id, kind, debit_id, credit_id, amount, order_id, at_ms)
      values ('ord_1:topup', 'topup', 'platform:cash', 'customer:acc_1:available', 5000000000, 'ord_1', 2);
    insert into statement_lines values ('acc_1', 1, 'topup', 5000000000, 5000000000, null, 'ord_1', 'Top-up', 2);
    insert into orders values ('ord_1', 'acc_1', 'paid_confirmed', 5000000000, 1, 2, 'pay_1'), ('ord_2', 'acc_1', 'created', 3000000000, 3, null, null);`);
  sqlite.close();
}

test('a database of the first version keeps every row, balance and rule', async () => {
  writeFirstVersion();
  const db = await openDatabase(path);
  await openPlatformAccounts(db);
  expect(await verifyLedger(db)).toEqual([]);
  expect(await readFunds(db, 'acc_1')).toEqual({ available: 5_000_000_000n, held: 0n, owed: 0n });
  expect(await db.selectFrom('orders').select(['id', 'status', 'origin', 'payment_id']).orderBy('id').execute()).toEqual([
    { id: 'ord_1', status: 'paid_confirmed', origin: 'customer', payment_id: 'pay_1' },
    { id: 'ord_2', status: 'created', origin: 'customer', payment_id: null },
  ]);
  expect(await db.selectFrom('statement_lines').selectAll().execute()).toHaveLength(1);
  expect(await db.selectFrom('billing_documents').selectAll().execute(), 'no invoice is invented').toEqual([]);
  expect(await db.selectFrom('orders_before_documents').selectAll().execute()).toEqual([{ order_id: 'ord_1' }]);
  await db.destroy();
  const sqlite = new SqliteDatabase(path);
  expect(sqlite.pragma('foreign_key_check')).toEqual([]);
  expect(sqlite.pragma('integrity_check', { simple: true })).toBe('ok');
  for (const statement of [
    'update ledger_transfers set amount = 1',
    'delete from ledger_transfers',
    'update statement_lines set amount = 1',
    'delete from statement_lines',
    `insert into ledger_transfers (id, kind, debit_id, credit_id, amount, at_ms) values ('x', 'repay', 'customer:acc_1:available', 'customer:acc_1:owed', 1, 1)`,
    `insert into ledger_transfers (id, kind, debit_id, credit_id, amount, at_ms) values ('x', 'bribe', 'platform:cash', 'platform:revenue', 1, 1)`,
    `insert into statement_lines values ('acc_1', 2, 'topup', 1, 1, null, 'ord_1', 'again', 2)`,
    `update orders set status = 'paid_confirmed' where id = 'ord_2'`,
  ]) {
    expect(() => sqlite.exec(statement), statement).toThrow();
  }
  sqlite.close();
});

test('rewriting the transfers keeps each row, its position in the chain, and every index and trigger', async () => {
  const sqlite = new SqliteDatabase(path);
  const before = sqliteSteps.findIndex(({ name }) => name === upstreamCosts.name);
  for (const { sql } of sqliteSteps.slice(0, before)) sqlite.exec(sql);
  sqlite.exec(`insert into customer_accounts (id, created_at_ms) values ('acc_1', 1);
    insert into ledger_accounts (id, account_id, must_not_overdraw) values ('platform:cash', null, 0), ('customer:acc_1:available', 'acc_1', 1);
    insert into ledger_transfers (sequence, id, kind, debit_id, credit_id, amount, order_id, at_ms, account_id, chain_position, chain_hash)
      values (7, 'ord_1:topup', 'topup', 'platform:cash', 'customer:acc_1:available', 5, 'ord_1', 2, 'acc_1', 1, 'hash')`);
  const look = () => ({
    rows: sqlite.prepare('select * from ledger_transfers').all(),
    balances: sqlite.prepare('select id, balance from ledger_accounts order by id').all(),
    parts: sqlite
      .prepare("select type, name, sql from sqlite_schema where tbl_name = 'ledger_transfers' and type <> 'table' order by name")
      .all(),
    next: sqlite.prepare("select seq from sqlite_sequence where name = 'ledger_transfers'").all(),
  });
  const was = look();
  sqlite.exec(upstreamCosts.sql(sqliteDialect));
  expect(look()).toEqual(was);
  sqlite.close();
});

test('verify names an order whose money was tampered with', async () => {
  writeFirstVersion();
  const db = await openDatabase(path);
  await openPlatformAccounts(db);
  await db.updateTable('orders').set({ refunded: 7n }).where('id', '=', 'ord_1').execute();
  const faults = (await verifyLedger(db)).join(' ');
  expect(faults).toContain('ord_1');
  expect(faults).toContain('7');
  await db.destroy();
});

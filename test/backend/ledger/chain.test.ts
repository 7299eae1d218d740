import { expect, test } from 'vitest';
import { admitRequest } from '#backend/inference/admit-request.ts';
import { type EndFacts, settleRequest } from '#backend/inference/end-request.ts';
import { verifyLedger } from '#backend/verify/verify-ledger.ts';
import { unitPricesSchema } from '#shared/metering/price-usage.ts';
import { makeUsage, usageBuckets } from '#shared/metering/usage.ts';
import { nanoUsd } from '#shared/money.ts';
import { databaseKind, type TestDatabase } from '../../support/test-database.ts';
import { endFacts } from '../../support/load-call.ts';
import { inLedger, nano, openTestLedger, testCall, type TestLedger } from '../../support/open-test-ledger.ts';

const facts: EndFacts = {
  ...endFacts,
  usage: makeUsage({ freshInput: 10, outputText: 20 }),
  unitPrices: unitPricesSchema.parse(Object.fromEntries(usageBuckets.map((bucket) => [bucket, '2.00']))),
};

interface AccountLedger extends TestLedger {
  /** In the order they were settled. */
  requests: [string, string, string];
  /** Bypasses the triggers that protect history, and the program. */
  tamper(table: string, statement: string): Promise<void>;
  /** The faults that name this. */
  faultsOf(name: string): Promise<string[]>;
}

/** A grant and three requests: statement lines 1 to 4. */
async function openLedger(): Promise<AccountLedger> {
  const ledger = await openTestLedger(nanoUsd(1_000_000n));
  const buy = async (nowMs: number): Promise<string> => {
    const call = testCall();
    const holdRequest = { wanted: nano(90_000), minimum: nano(90_000) };
    const admitting = { call, caller: ledger, holdRequest, catalogueVersion: 'v', ownerId: 'own', expiresAtMs: 99_999 };
    await inLedger(ledger, nowMs, (tx, ledger) => admitRequest(tx, ledger, admitting, false));
    const settling = {
      requestId: call.requestId,
      cost: nano(60_000),
      mayExtend: true,
      hasLine: true,
      description: 'corvus/echo',
      facts,
    };
    await inLedger(ledger, nowMs + 1, (tx, ledger) => settleRequest(tx, ledger, settling));
    return call.requestId;
  };
  const requests: AccountLedger['requests'] = [await buy(2_000), await buy(3_000), await buy(4_000)];
  expect(await verifyLedger(ledger.db)).toEqual([]);
  return {
    ...ledger,
    requests,
    async tamper(table, statement) {
      await dropTriggers(ledger.database, table);
      await ledger.database.run(statement);
    },
    faultsOf: async (name) => (await verifyLedger(ledger.db)).filter((fault) => fault.includes(name)),
  };
}

async function dropTriggers(database: TestDatabase, table: string): Promise<void> {
  const rows = await database.run(
    databaseKind === 'postgres'
      ? `select tgname as name from pg_trigger where tgrelid = '${table}'::regclass and not tgisinternal`
      : `select name from sqlite_master where type = 'trigger' and tbl_name = '${table}'`,
  );
  for (const row of rows) {
    const name = 'name' in row ? String(row.name) : '';
    await database.run(databaseKind === 'postgres' ? `drop trigger ${name} on ${table}` : `drop trigger ${name}`);
  }
}

test.each([
  "kind = 'grant'",
  "debit_id = 'platform:cash'",
  "credit_id = 'platform:cash'",
  'amount = amount + 1',
  'request_id = null',
  "order_id = 'ord_x'",
  'at_ms = at_ms + 1',
  "chain_hash = '0'",
])('a movement whose row was changed is named: %s', async (change) => {
  await using ledger = await openLedger();
  const id = `${ledger.requests[1]}:charge`;
  await ledger.tamper('ledger_transfers', `update ledger_transfers set ${change} where id = '${id}'`);
  expect(await ledger.faultsOf(`Movement ${id} `)).not.toEqual([]);
});

test.each([
  "kind = 'adjustment'",
  'amount = amount + 1',
  'balance_after = balance_after + 1',
  'request_id = null',
  "order_id = 'ord_x'",
  "description = 'other'",
  'at_ms = at_ms + 1',
  "receipt_hash = '0'",
  "line_hash = '0'",
])('a statement line whose row was changed is named: %s', async (change) => {
  await using ledger = await openLedger();
  await ledger.tamper('statement_lines', `update statement_lines set ${change} where sequence = 3`);
  expect(await ledger.faultsOf(`Line 3 of ${ledger.accountId} `)).not.toEqual([]);
});

test.each([
  'created_at_ms = created_at_ms + 1',
  'settled_at_ms = settled_at_ms + 1',
  "model_requested = 'other'",
  "model_served = 'other'",
  `usage = '${JSON.stringify(makeUsage({ freshInput: 9, outputText: 20 }))}'`,
  "usage_source = 'estimated'",
  'unit_prices = null',
  "catalogue_version = 'w'",
  'held = held + 1',
  'cost = cost - 1',
  'written_off = written_off + 1',
  'balance_after = balance_after + 1',
  'ledger_sequence = ledger_sequence + 1',
])('a request whose receipt was changed is named: %s', async (change) => {
  await using ledger = await openLedger();
  const [, id] = ledger.requests;
  await ledger.tamper('requests', `update requests set ${change} where id = '${id}'`);
  expect(await ledger.faultsOf(`${id} is not what its statement line was written for.`)).toHaveLength(1);
});

test('a movement that was removed is missed, in the middle and at the end (D86)', async () => {
  await using ledger = await openLedger();
  const [, second, third] = ledger.requests;
  await ledger.tamper('ledger_transfers', `delete from ledger_transfers where id = '${second}:charge'`);
  expect(await ledger.faultsOf(`Movement ${second}:return follows number`)).toHaveLength(1);
  await ledger.database.run(`delete from ledger_transfers where id = '${third}:return'`);
  expect(await ledger.faultsOf(`The movements of ${ledger.accountId} end at number`)).toHaveLength(1);
});

test('a statement line that was removed is missed, in the middle and at the end', async () => {
  await using ledger = await openLedger();
  await ledger.tamper('statement_lines', 'delete from statement_lines where sequence = 2');
  expect(await ledger.faultsOf(`Line 3 of ${ledger.accountId} follows number 1 `)).toHaveLength(1);
  await ledger.database.run('delete from statement_lines where sequence = 4');
  expect(await ledger.faultsOf(`The statement of ${ledger.accountId} end at number 3`)).toHaveLength(1);
});

test('all of an account that was removed is missed', async () => {
  await using ledger = await openLedger();
  await ledger.tamper('statement_lines', 'delete from statement_lines');
  expect(await ledger.faultsOf(`The statement of ${ledger.accountId} end at number 0`)).toHaveLength(1);
  await ledger.tamper('ledger_transfers', `delete from ledger_transfers where account_id = '${ledger.accountId}'`);
  expect(await ledger.faultsOf(`The movements of ${ledger.accountId} end at number 0`)).toHaveLength(1);
});

test('lines and movements that changed places are named (D86)', async () => {
  await using ledger = await openLedger();
  const [first, second] = ledger.requests;
  await ledger.tamper('statement_lines', 'update statement_lines set sequence = 100 where sequence = 2');
  await ledger.database.run('update statement_lines set sequence = 2 where sequence = 3');
  await ledger.database.run('update statement_lines set sequence = 3 where sequence = 100');
  expect(await ledger.faultsOf(`Line 2 of ${ledger.accountId} `)).not.toEqual([]);
  const move = (id: string, by: string) =>
    ledger.tamper(
      'ledger_transfers',
      `update ledger_transfers set chain_position = chain_position ${by} where id = '${id}'`,
    );
  await move(`${second}:charge`, '+ 100');
  await move(`${first}:charge`, '+ 3');
  expect(await ledger.faultsOf(`Movement ${first}:charge `)).not.toEqual([]);
  expect(await ledger.faultsOf(`Movement ${second}:charge `)).not.toEqual([]);
});

test('a row that was put in at the end is named, and so is an end that was moved', async () => {
  await using ledger = await openLedger();
  const { accountId, database } = ledger;
  await database.run(
    `insert into statement_lines (account_id, sequence, kind, amount, balance_after, description, at_ms, line_hash)
     values ('${accountId}', 5, 'grant', 5, 5, 'a gift', 1, '0')`,
  );
  expect(await ledger.faultsOf(`Line 5 of ${accountId} stands behind the end`)).toHaveLength(1);
  await database.run(`update customer_accounts set line_hash = '0', line_count = 5 where id = '${accountId}'`);
  expect(await ledger.faultsOf(`Line 5 of ${accountId} or the row before it was changed`)).toHaveLength(1);
  await database.run(`update customer_accounts set line_hash = '0', line_count = 6 where id = '${accountId}'`);
  expect(await ledger.faultsOf(`The statement of ${accountId} end at number 5`)).toHaveLength(1);
});

test('a request that is gone while its statement line stands is named', async () => {
  await using ledger = await openLedger();
  const [, id] = ledger.requests;
  await ledger.tamper(
    'statement_lines',
    `update statement_lines set request_id = 'req_unknown' where request_id = '${id}'`,
  );
  expect(await ledger.faultsOf('req_unknown is on a statement and does not exist.')).toHaveLength(1);
});

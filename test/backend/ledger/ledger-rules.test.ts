import { createEvents } from '#backend/runtime/events.ts';
import { createAccount } from '#backend/accounts/create-account.ts';
import { systemRandom } from '#backend/runtime/system-ports.ts';
import { expect, test } from 'vitest';
import { admitRequest } from '#backend/inference/admit-request.ts';
import { releaseExpiredHolds } from '#backend/inference/release-orphaned-holds.ts';
import { releaseRequest, settleRequest } from '#backend/inference/end-request.ts';
import { prolongHolds } from '#backend/store/hold-store.ts';
import { verifyLedger } from '#backend/verify/verify-ledger.ts';
import { nanoUsd, zeroUsd } from '#shared/money.ts';
import { quietLogger } from '../../support/start-test-backend.ts';
import { endFacts } from '../../support/load-call.ts';
import { inLedger, nano, openTestLedger, testCall, type TestLedger } from '../../support/open-test-ledger.ts';

const teller = { events: createEvents(), logger: quietLogger };

async function hold(ledger: TestLedger, amount: number): Promise<string> {
  const call = testCall();
  const holdRequest = { wanted: nano(amount), minimum: nano(amount) };
  const admitting = { call, caller: ledger, holdRequest, catalogueVersion: 'v', ownerId: 'own', expiresAtMs: 9 };
  await inLedger(ledger, 1, (tx, ledger) => admitRequest(tx, ledger, admitting, false));
  return call.requestId;
}

test('settling and releasing one request at once, twice each: one wins, the others change nothing (D53)', async () => {
  await using ledger = await openTestLedger(nanoUsd(100_000n));
  for (let round = 0; round < 20; round += 1) {
    const requestId = await hold(ledger, 100);
    const settling = { requestId, cost: nano(60), mayExtend: true, hasLine: true, description: 'm', facts: endFacts };
    const releasing = { requestId, holdStatus: 'released', writtenOff: zeroUsd, facts: endFacts } as const;
    const settle = () => inLedger(ledger, 2, (tx, ledger) => settleRequest(tx, ledger, settling));
    const release = () => inLedger(ledger, 2, (tx, ledger) => releaseRequest(tx, ledger, releasing));
    const order = round % 2 === 0 ? [settle, release, settle, release] : [release, settle, release, settle];
    const results = await Promise.all(order.map((end) => end()));
    expect(results.map((result) => result.kind).toSorted()).toEqual([
      'ended',
      'ended_before',
      'ended_before',
      'ended_before',
    ]);
  }
  expect(await verifyLedger(ledger.db)).toEqual([]);
});

test('an expired hold is released once: a late settlement charges nothing, and a renewed hold does not expire (D54)', async () => {
  await using ledger = await openTestLedger(nanoUsd(1_000n));
  const [left, stored] = [await hold(ledger, 100), await hold(ledger, 200)];
  await prolongHolds(ledger.db, [stored], 60_000);
  expect(await releaseExpiredHolds(ledger.db, 30_000, teller)).toBe(1);
  const settling = { cost: nano(60), mayExtend: true, hasLine: true, description: 'm', facts: endFacts };
  const settle = (requestId: string) =>
    inLedger(ledger, 30_001, (tx, ledger) => settleRequest(tx, ledger, { requestId, ...settling }));
  expect(await settle(left)).toEqual({ kind: 'ended_before' });
  expect(await settle(stored)).toMatchObject({ kind: 'ended', cost: 60n, balance: 940n });
  expect(await releaseExpiredHolds(ledger.db, 90_000, teller)).toBe(0);
  expect(await verifyLedger(ledger.db)).toEqual([]);
});

test('a request id is used once: in flight it conflicts, afterwards it is refused (D64)', async () => {
  await using ledger = await openTestLedger(nanoUsd(1_000n));
  const call = testCall();
  const admitting = {
    call,
    caller: ledger,
    holdRequest: { wanted: nano(10), minimum: nano(10) },
    catalogueVersion: 'v',
    ownerId: 'own',
    expiresAtMs: 9,
  };
  const admit = () => inLedger(ledger, 1, (tx, ledger) => admitRequest(tx, ledger, admitting, false));
  await admit();
  await expect(admit()).rejects.toMatchObject({ code: 'request_in_flight' });
  const releasing = {
    requestId: call.requestId,
    holdStatus: 'released',
    writtenOff: zeroUsd,
    facts: endFacts,
  } as const;
  await inLedger(ledger, 2, (tx, ledger) => releaseRequest(tx, ledger, releasing));
  await expect(admit()).rejects.toMatchObject({ code: 'idempotency_key_reused' });
});

test('the database itself refuses to rewrite history or to overdraw a customer', async () => {
  await using ledger = await openTestLedger(nanoUsd(1_000n));
  await hold(ledger, 10);
  const available = `customer:${ledger.accountId}:available`;
  const insertTransfer = (values: string): string =>
    `insert into ledger_transfers (id, kind, debit_id, credit_id, amount, at_ms, account_id, chain_position, chain_hash)
     values (${values}, 1, '${ledger.accountId}', 99, 'hash')`;
  for (const statement of [
    'update ledger_transfers set amount = 1',
    'delete from ledger_transfers',
    'update statement_lines set amount = 1',
    'delete from statement_lines',
    `update ledger_accounts set must_not_overdraw = 0 where id = '${available}'`,
    insertTransfer(`'x', 'charge', '${available}', 'platform:revenue', 100000`),
    insertTransfer(`'x', 'charge', '${available}', 'platform:revenue', -1`),
    insertTransfer(`'x', 'charge', '${available}', '${available}', 1`),
  ]) {
    await expect(ledger.database.run(statement), statement).rejects.toThrow();
  }
});

test('verify names a balance that was tampered with', async () => {
  await using ledger = await openTestLedger(nanoUsd(1_000n));
  await ledger.database.run(
    `update ledger_accounts set balance = balance + 7 where id = 'customer:${ledger.accountId}:available'`,
  );
  const faults = await verifyLedger(ledger.db);
  expect(faults.join(' ')).toContain(`customer:${ledger.accountId}:available`);
  expect(faults.join(' ')).toContain('7');
});

test('verify names a hold that is not of the account of its request, or not what was held for it', async () => {
  await using ledger = await openTestLedger(nanoUsd(1_000n));
  const id = await hold(ledger, 10);
  const options = { label: 'other', grant: zeroUsd, grantDescription: '', plan: 'tokens' } as const;
  const { accountId } = await createAccount(ledger.db, systemRandom, 1, options);
  await ledger.database.run(`update holds set account_id = '${accountId}', amount = 9`);
  const faults = await verifyLedger(ledger.db, () => true);
  expect(faults).toContain(`${id} is of ${ledger.accountId}, its hold of ${accountId}.`);
  expect(faults).toContain(`${id} held 10; its hold says 9.`);
});

import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AccountQueue, createAccountQueue } from '#backend/inference/account-queue.ts';
import type { MoneyJob } from '#backend/inference/run-batch.ts';
import { availableOf, platformAccounts } from '#backend/ledger/chart-of-accounts.ts';
import { readFunds } from '#backend/store/ledger-store.ts';
import { createAccount } from '#backend/accounts/create-account.ts';
import { systemRandom } from '#backend/runtime/system-ports.ts';
import { createEvents } from '#backend/runtime/events.ts';
import { CorvusError } from '#shared/errors.ts';
import { nanoUsd, zeroUsd } from '#shared/money.ts';
import { workForOneTurn } from '../../support/turns.ts';
import { openTestLedger, type TestLedger } from '../../support/open-test-ledger.ts';

let ledger: TestLedger;
let accountQueue: AccountQueue;
/** Timers that fire when the test says so. */
let timers: (() => void)[];

beforeEach(async () => {
  timers = [];
  ledger = await openTestLedger(nanoUsd(100n));
  const after = (_delayMs: number, task: () => void) => {
    timers.push(task);
    return () => void (timers = timers.filter((other) => other !== task));
  };
  accountQueue = createAccountQueue({ db: ledger.db, clock: { nowMs: () => 1, after }, events: createEvents() });
});

afterEach(() => ledger[Symbol.asyncDispose]());

/** Spends as soon as that much is available. */
function spend(amount: bigint, done: () => void = () => undefined): MoneyJob<bigint> {
  return async (_tx, ledger) => {
    if (ledger.funds.available < amount) return 'wait';
    const ends = { debitId: availableOf(ledger.accountId), creditId: platformAccounts.revenue };
    ledger.post({
      id: crypto.randomUUID(),
      kind: 'charge',
      ...ends,
      amount: nanoUsd(amount),
      requestId: null,
      orderId: null,
    });
    done();
    return ledger.funds.available;
  };
}

function give(amount: bigint): MoneyJob<void> {
  return async (_tx, ledger) => {
    const ends = { debitId: platformAccounts.promotional, creditId: availableOf(ledger.accountId) };
    ledger.post({
      id: crypto.randomUUID(),
      kind: 'grant',
      ...ends,
      amount: nanoUsd(amount),
      requestId: null,
      orderId: null,
    });
  };
}

const patient = { rank: 'admit', waitMs: 1 } as const;
const urgent = { rank: 'grow', waitMs: 1 } as const;
const ending = { rank: 'end', waitMs: null } as const;

test('jobs of one account come in order, and one that waits holds up those of its kind behind it', async () => {
  const served: string[] = [];
  const note = (name: string) => () => void served.push(name);
  const first = accountQueue.enqueue(ledger.accountId, spend(150n, note('first')), patient);
  const second = accountQueue.enqueue(ledger.accountId, spend(1n, note('second')), patient);
  await accountQueue.enqueue(ledger.accountId, spend(1n, note('under way')), urgent);
  expect(served).toEqual(['under way']);
  await accountQueue.enqueue(ledger.accountId, give(51n), ending);
  expect(await first).toBe(0n);
  expect(served).toEqual(['under way', 'first']);
  await accountQueue.enqueue(ledger.accountId, give(1n), ending);
  await second;
  expect(served).toEqual(['under way', 'first', 'second']);
});

test('another account is not held up', async () => {
  void accountQueue.enqueue(ledger.accountId, spend(1_000n), patient);
  const other = await createAccount(ledger.db, systemRandom, 1, {
    label: 'other',
    grant: nanoUsd(5n),
    grantDescription: 'x',
    plan: 'tokens',
  });
  expect(await accountQueue.enqueue(other.accountId, spend(5n), patient)).toBe(0n);
});

test('when its time is over a job is tried a last time and may not wait', async () => {
  const result = accountQueue.enqueue(
    ledger.accountId,
    async (_tx, _ledger, mayWait) => (mayWait ? 'wait' : 'decided'),
    patient,
  );
  await accountQueue.enqueue(ledger.accountId, give(1n), ending);
  for (const fire of timers) fire();
  expect(await result).toBe('decided');
});

test('a refused job and a failing one fail their callers alone, and what was done beside them is written once', async () => {
  const blocker = accountQueue.enqueue(ledger.accountId, spend(1n), patient);
  const all = [
    accountQueue.enqueue(ledger.accountId, spend(10n), patient),
    accountQueue.enqueue(ledger.accountId, () => Promise.reject(new CorvusError('request_in_flight')), patient),
    accountQueue.enqueue(
      ledger.accountId,
      (tx) => tx.insertInto('customer_accounts').values({ id: ledger.accountId, created_at_ms: 1n }).execute(),
      patient,
    ),
    accountQueue.enqueue(ledger.accountId, spend(10n), patient),
  ];
  const results = await Promise.allSettled([blocker, ...all]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected', 'fulfilled']);
  expect(results[2]).toMatchObject({ reason: { code: 'request_in_flight' } });
  expect(await readFunds(ledger.db, ledger.accountId)).toEqual({ available: 79n, held: zeroUsd, owed: zeroUsd });
});

test('jobs that gather behind a running one share a transaction', async () => {
  const transactions = new Set<object>();
  const watched: MoneyJob<void> = async (tx) => void transactions.add(tx);
  await Promise.all(Array.from({ length: 51 }, () => accountQueue.enqueue(ledger.accountId, watched, patient)));
  expect(transactions.size).toBe(2);
});

test('what the requests of one transaction go on with leaves turns of the event loop to others', async () => {
  const jobs = 20;
  let turns = 0;
  const turnsAtEnd: number[] = [];
  const count = (): void => {
    turns += 1;
    if (turnsAtEnd.length < jobs) setImmediate(count);
  };
  const goOn = (): void => {
    turnsAtEnd.push(turns);
    workForOneTurn();
  };
  setImmediate(count);
  const all = Array.from({ length: jobs }, (_, index) => {
    const job = index % 2 === 0 ? give(1n) : () => Promise.reject(new CorvusError('request_in_flight'));
    return accountQueue.enqueue(ledger.accountId, job, ending).then(goOn, goOn);
  });
  await Promise.all(all);
  expect((turnsAtEnd.at(-1) ?? 0) - (turnsAtEnd[0] ?? 0)).toBeGreaterThanOrEqual(jobs / 4);
});

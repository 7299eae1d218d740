import { expect, test } from 'vitest';
import { systemClock } from '#backend/create-backend.ts';
import { openDatabase } from '#backend/database/open-database.ts';
import { type AccountQueue, createAccountQueue } from '#backend/inference/account-queue.ts';
import { admitRequest } from '#backend/inference/admit-request.ts';
import { settleRequest } from '#backend/inference/end-request.ts';
import { readFunds } from '#backend/store/ledger-store.ts';
import { writeMonthlyCap } from '#backend/limits/spend-cap-store.ts';
import { verifyLedger } from '#backend/verify/verify-ledger.ts';
import { createEvents } from '#backend/runtime/events.ts';
import { type NanoUsd, nanoUsd } from '#shared/money.ts';
import { databaseKind } from '../../support/test-database.ts';
import { endFacts } from '../../support/load-call.ts';
import { openTestLedger, type TestLedger, testCall } from '../../support/open-test-ledger.ts';

/** Several instances of the service on one database; SQLite has one at a time. */
async function openInstances(ledger: TestLedger) {
  const count = databaseKind === 'postgres' ? 3 : 1;
  const others = await Promise.all(Array.from({ length: count - 1 }, () => openDatabase(ledger.database.place)));
  return {
    all: [ledger.db, ...others].map((db) => createAccountQueue({ db, clock: systemClock, events: createEvents() })),
    [Symbol.asyncDispose]: async () => void (await Promise.all(others.map((db) => db.destroy()))),
  };
}

/** One request from its hold to its charge. @returns whether it was served */
async function serve(
  ledger: TestLedger,
  accountQueue: AccountQueue,
  price: NanoUsd,
  most: NanoUsd = price,
): Promise<boolean> {
  const call = testCall();
  const holdRequest = { wanted: price, minimum: price };
  const admitting = {
    call,
    caller: ledger,
    holdRequest,
    most,
    writeOffLimit: nanoUsd(1n),
    catalogueVersion: 'v',
    ownerId: 'own',
    expiresAtMs: 9e15,
  };
  const admitted = await accountQueue.enqueue(
    ledger.accountId,
    (tx, ledger) => admitRequest(tx, ledger, admitting, false),
    {
      rank: 'admit',
      waitMs: null,
    },
  );
  if (admitted.kind !== 'held') return false;
  const settling = {
    requestId: call.requestId,
    cost: price,
    mayExtend: true,
    hasLine: true,
    description: 'x',
    facts: endFacts,
  };
  await accountQueue.enqueue(ledger.accountId, (tx, ledger) => settleRequest(tx, ledger, settling), {
    rank: 'end',
    waitMs: null,
  });
  return true;
}

async function serveMany(ledger: TestLedger, count: number, price: NanoUsd): Promise<number> {
  await using instances = await openInstances(ledger);
  const { all } = instances;
  const served = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      serve(
        ledger,
        all[index % all.length] ?? createAccountQueue({ ...ledger, clock: systemClock, events: createEvents() }),
        price,
      ),
    ),
  );
  return served.filter(Boolean).length;
}

const price = nanoUsd(4_000_000n);

test(
  '10,000 requests at once with money for 5,000: exactly 5,000 are served, and the balance is zero (D49)',
  { timeout: 180_000 },
  async () => {
    await using ledger = await openTestLedger(nanoUsd(5_000n * price));
    expect(await serveMany(ledger, 10_000, price)).toBe(5_000);
    expect(await readFunds(ledger.db, ledger.accountId)).toEqual({ available: 0n, held: 0n, owed: 0n });
    expect(await verifyLedger(ledger.db)).toEqual([]);
  },
);

test('requests of 0.004 stop at a cap of 10.00 after exactly 2,500 of them (D69)', { timeout: 120_000 }, async () => {
  await using ledger = await openTestLedger(nanoUsd(25_000_000_000n));
  await writeMonthlyCap(ledger.db, ledger.accountId, nanoUsd(10_000_000_000n));
  expect(await serveMany(ledger, 2_600, price)).toBe(2_500);
  expect(await readFunds(ledger.db, ledger.accountId)).toEqual({ available: 15_000_000_000n, held: 0n, owed: 0n });
});

import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Db, openDatabase } from '#backend/database/open-database.ts';
import { balanceOf } from '#backend/ledger/decide-hold.ts';
import { openPlatformAccounts, readFunds } from '#backend/store/ledger-store.ts';
import { readMonthlySpend } from '#backend/limits/spend-cap-store.ts';
import { verifyLedger } from '#backend/verify/verify-ledger.ts';
import { createTestDatabase, databaseKind, type TestDatabase } from '../../support/test-database.ts';
import { type Race, races } from './steps.ts';
import { createWorld, type Customer, type World } from './world.ts';

/** The rules are the same code on both; what PostgreSQL adds are its locks, which fewer runs reach. */
const runs = databaseKind === 'postgres' ? 300 : 1_000;
const monthMs = Date.UTC(2026, 10, 15);
let database: TestDatabase;
let db: Db;

beforeAll(async () => {
  database = await createTestDatabase();
  db = await openDatabase(database.place);
  await openPlatformAccounts(db);
});

afterAll(async () => {
  await db.destroy();
  await database.drop();
});

test(
  `${runs} seeds of requests, payments and money taken back, racing and crashing: invariants I1 to I9 hold`,
  { timeout: 600_000 },
  async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(races, async (given) => {
        const world = await createWorld(db);
        for (const race of given) await runRace(world, race);
        await endEverything(world);
        run += 1;
        // I1, I5, I7 and everything that verify checks; what a run left open was released.
        if (run % 100 === 0) expect(await verifyLedger(db)).toEqual([]);
      }),
      { numRuns: runs, endOnFailure: true },
    );
    expect(await verifyLedger(db)).toEqual([]);
  },
);

async function runRace(world: World, { steps, afterwards }: Race): Promise<void> {
  const before = await Promise.all(world.customers.map((customer) => committed(customer)));
  await Promise.all(steps.map((step) => world.take(step)));
  for (const [index, customer] of world.customers.entries()) await checkCustomer(world, customer, before[index] ?? 0n);
  if (afterwards) await world.pause(afterwards);
}

/** The spend, settled or still possible, of requests under way. */
async function committed({ accountId }: Customer): Promise<bigint> {
  return (await readMonthlySpend(db, accountId, monthMs)) + (await readFunds(db, accountId)).held;
}

async function checkCustomer(world: World, customer: Customer, committedBefore: bigint): Promise<void> {
  const { accountId } = customer;
  const funds = await readFunds(db, accountId);
  const orders = await db.selectFrom('orders').selectAll().where('account_id', '=', accountId).execute();
  const takenBack = orders.reduce((sum, { refunded, disputed }) => sum + refunded + disputed, 0n);
  expect(balanceOf(funds)).toBe(customer.credited - customer.charged - takenBack);
  // I2
  expect(funds.available >= 0n && funds.held >= 0n && (funds.owed === 0n || funds.available === 0n)).toBe(true);
  // I4
  const open = await db
    .selectFrom('holds')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('status', '=', 'open')
    .execute();
  expect(open.reduce((sum, { amount }) => sum + amount, 0n)).toBe(funds.held);
  // A cap that was set before the race holds; spend that was above it stays, and does not grow.
  if (customer.cap !== null) {
    const most = committedBefore > customer.cap ? committedBefore : customer.cap;
    expect(await committed(customer)).toBeLessThanOrEqual(most);
  }
  const requests = await db.selectFrom('requests').selectAll().where('account_id', '=', accountId).execute();
  expect(requests.reduce((sum, { cost }) => sum + cost, 0n)).toBe(customer.charged);
  for (const { id, cost, held } of requests) {
    // I6, I8
    expect(cost <= held).toBe(true);
    expect(cost === 0n || world.executed.has(id)).toBe(true);
  }
}

/** Whatever was abandoned ends by itself: I3. */
async function endEverything(world: World): Promise<void> {
  await world.pause({ do: 'expire' });
  for (const { accountId } of world.customers) {
    expect(
      await db
        .selectFrom('requests')
        .select('id')
        .where('account_id', '=', accountId)
        .where('status', '=', 'open')
        .execute(),
    ).toEqual([]);
    expect((await readFunds(db, accountId)).held).toBe(0n);
  }
}

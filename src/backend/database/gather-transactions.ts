import { sql } from 'kysely';
import { inTransaction } from './in-transaction.ts';
import type { Survives } from './sqlite-driver.ts';
import type { Db, Tx } from './open-database.ts';
import { isPostgres } from './row-lock.ts';

/** Does work in a transaction: all of it or nothing. */
export type Transact = <T>(work: (tx: Tx) => Promise<T>, survives: Survives) => Promise<T>;

interface Item {
  work(tx: Tx): Promise<unknown>;
  survives: Survives;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

type Outcome = { kind: 'done'; result: unknown } | { kind: 'failed'; error: unknown };

const maxBatch = 50;

/**
 * Transactions of one instance. SQLite writes one at a time and waits for the disk after each, so work that gathers
 * meanwhile shares the next transaction; a piece that fails is rolled back alone. PostgreSQL runs transactions side by
 * side and needs no sharing.
 */
export function createTransact(db: Db): Transact {
  return isPostgres(db) ? (work, survives) => inTransaction(db, work, survives) : gatherTransactions(db);
}

function gatherTransactions(db: Db): Transact {
  let waiting: Item[] = [];
  let isRunning = false;

  async function run(): Promise<void> {
    if (isRunning) return;
    isRunning = true;
    while (waiting.length > 0) {
      await endOfTurn();
      const items = waiting.slice(0, maxBatch);
      waiting = waiting.slice(items.length);
      await runItems(db, items);
    }
    isRunning = false;
  }

  return <T>(work: (tx: Tx) => Promise<T>, survives: Survives): Promise<T> => {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    // The result is the work's own.
    waiting.push({ work, survives, resolve: (result) => resolve(result as T), reject });
    void run();
    return promise;
  };
}

/**
 * SQLite answers at once, so nothing gathers while it writes: what begins in one turn of the event loop is written at
 * its end.
 */
function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function runItems(db: Db, items: readonly Item[]): Promise<void> {
  const runAll = async (tx: Tx) => {
    const all: Outcome[] = [];
    for (const { work } of items) all.push(await runApart(tx, work));
    return all;
  };
  try {
    const outcomes = await inTransaction(
      db,
      runAll,
      items.some(({ survives }) => survives === 'power-cut') ? 'power-cut' : 'crash',
    );
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.kind === 'done') items[index]?.resolve(outcome.result);
      else items[index]?.reject(outcome.error);
    }
  } catch (error) {
    for (const item of items) item.reject(error);
  }
}

async function runApart(tx: Tx, work: Item['work']): Promise<Outcome> {
  await sql`savepoint apart`.execute(tx);
  try {
    const result = await work(tx);
    await sql`release apart`.execute(tx);
    return { kind: 'done', result };
  } catch (error) {
    await sql`rollback to apart`.execute(tx);
    await sql`release apart`.execute(tx);
    return { kind: 'failed', error };
  }
}

import { inTransaction } from './in-transaction.ts';
import type { Survives } from './sqlite-durability.ts';
import type { Db, Tx } from './open-database.ts';
import { isPostgres } from './is-postgres.ts';
import { command } from './statement.ts';

/** Does work in a transaction: all of it or nothing. */
export type Transact = <T>(work: (tx: Tx) => Promise<T>, survives: Survives) => Promise<T>;

interface Item {
  work(tx: Tx): Promise<unknown>;
  survives: Survives;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

type Outcome = { kind: 'done'; result: unknown } | { kind: 'failed'; error: unknown };

/** How long one transaction may go on to take in more work; null: it is no matter, because others work meanwhile. */
export function mostMsAtOnce(db: Db): number | null {
  return isPostgres(db) ? null : sqliteMsAtOnce;
}

/** SQLite works without a pause, so everything else waits for a transaction. */
const sqliteMsAtOnce = 4;

/**
 * Transactions of one instance. SQLite writes one at a time and waits for the disk after each, so work that gathers
 * meanwhile shares the next transaction; a piece that fails is rolled back alone. PostgreSQL runs transactions side by
 * side and needs no sharing.
 */
export function createTransact(db: Db): Transact {
  return isPostgres(db) ? (work, survives) => inTransaction(db, work, survives) : gatherTransactions(db);
}

function gatherTransactions(db: Db): Transact {
  const waiting: Item[] = [];
  let isRunning = false;
  /** In this turn of the event loop. */
  let hasWritten = false;

  async function run(): Promise<void> {
    if (isRunning) return;
    isRunning = true;
    while (waiting.length > 0) {
      if (hasWritten) await endOfTurn();
      hasWritten = true;
      setImmediate(() => (hasWritten = false));
      const items = waiting.splice(0);
      waiting.unshift(...(await runItems(db, items)));
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
 * SQLite answers at once, so nothing gathers while it writes: what begins in a turn of the event loop after another
 * transaction is written at its end.
 */
function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** @returns those for which there was no time */
async function runItems(db: Db, items: readonly Item[]): Promise<Item[]> {
  let tried = 0;
  const runAll = async (tx: Tx) => {
    const startedAtMs = performance.now();
    const all: Outcome[] = [];
    for (const { work } of items) {
      if (all.length > 0 && performance.now() - startedAtMs > sqliteMsAtOnce) break;
      tried = all.length + 1;
      all.push(items.length === 1 ? { kind: 'done', result: await work(tx) } : await runApart(tx, work));
    }
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
    return items.slice(outcomes.length);
  } catch (error) {
    // Where no transaction could be begun, none of them can be written.
    const failed = items.slice(0, tried === 0 ? items.length : tried);
    for (const item of failed) item.reject(error);
    return items.slice(failed.length);
  }
}

const setApart = command('savepoint apart');
const joinApart = command('release apart');
const undoApart = command('rollback to apart');

async function runApart(tx: Tx, work: Item['work']): Promise<Outcome> {
  await setApart(tx);
  try {
    const result = await work(tx);
    await joinApart(tx);
    return { kind: 'done', result };
  } catch (error) {
    await undoApart(tx);
    await joinApart(tx);
    return { kind: 'failed', error };
  }
}

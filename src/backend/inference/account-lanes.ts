import { CorvusError } from '#shared/errors.ts';
import { inTransaction } from '../database/in-transaction.ts';
import type { Db, Tx } from '../database/open-database.ts';
import { type AccountBooks, withBooks } from '../store/account-books.ts';

/**
 * A piece of work on an account's money, done in its books. `wait`: it is to be tried again when other requests have given theirs back.
 * It refuses with a `CorvusError` before it writes anything; it may be run again when its transaction was undone.
 */
export type MoneyJob<T> = (tx: Tx, books: AccountBooks, mayWait: boolean) => Promise<T | 'wait'>;

/** What comes first: money that is given back, then requests under way, then new ones. */
const ranks = { end: 0, grow: 1, admit: 2 } as const;

export interface JobOptions {
  rank: keyof typeof ranks;
  /** How long it may be put off; null for a job that never waits. */
  waitMs: number | null;
}

export interface AccountLanes {
  /**
   * Does a job in its turn: jobs of one account come by rank, then in order of arrival. Those that gather while earlier ones are being
   * written are written together, in one transaction. One that has to wait is tried again whenever the account's money moves, and a last
   * time when its time is over.
   */
  take<T>(accountId: string, job: MoneyJob<T>, options: JobOptions): Promise<T>;
  /** Money of this account was given back or added, here or elsewhere. */
  wake(accountId: string): void;
}

interface Turn {
  run: MoneyJob<unknown>;
  rank: number;
  isOverdue: boolean;
  /** Hands the result over, once it is in the database. */
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

interface Lane {
  turns: Turn[];
  isRunning: boolean;
  wasWoken: boolean;
}

interface LaneParts {
  db: Db;
  clock: { nowMs(): number; after(delayMs: number, task: () => void): () => void };
}

type Outcome = { kind: 'done'; result: unknown } | { kind: 'refused'; error: CorvusError };

const mostJobsTogether = 100;

export function createAccountLanes({ db, clock }: LaneParts): AccountLanes {
  const lanes = new Map<string, Lane>();

  async function run(accountId: string, lane: Lane): Promise<void> {
    lane.wasWoken = true;
    if (lane.isRunning) return;
    lane.isRunning = true;
    while (lane.wasWoken) {
      lane.wasWoken = false;
      while (await runSome(accountId, lane));
    }
    lane.isRunning = false;
    if (lane.turns.length === 0) lanes.delete(accountId);
  }

  /** False when nobody is left, or the first of them has to wait. */
  async function runSome(accountId: string, lane: Lane): Promise<boolean> {
    const overdue = lane.turns.filter((turn) => turn.isOverdue);
    const turns = [...overdue, ...lane.turns.filter((turn) => !turn.isOverdue)].slice(0, mostJobsTogether);
    if (turns.length === 0) return false;
    const settled = await settle(accountId, turns);
    lane.turns = lane.turns.filter((turn) => !settled.has(turn));
    return settled.size === turns.length;
  }

  /** @returns those that have their answer */
  async function settle(accountId: string, turns: readonly Turn[]): Promise<ReadonlySet<Turn>> {
    try {
      const outcomes = await write(accountId, turns);
      for (const [turn, outcome] of outcomes) {
        if (outcome.kind === 'done') turn.resolve(outcome.result);
        else turn.reject(outcome.error);
      }
      return new Set(outcomes.keys());
    } catch (error) {
      const [first] = turns;
      if (turns.length > 1) return settleOneByOne(accountId, turns);
      first?.reject(error);
      return new Set(turns);
    }
  }

  /** One faulty job must not take the others with it. */
  async function settleOneByOne(accountId: string, turns: readonly Turn[]): Promise<ReadonlySet<Turn>> {
    const settled = new Set<Turn>();
    for (const turn of turns) {
      for (const done of await settle(accountId, [turn])) settled.add(done);
      if (!settled.has(turn)) break;
    }
    return settled;
  }

  function write(accountId: string, turns: readonly Turn[]): Promise<Map<Turn, Outcome>> {
    return inTransaction(db, (tx) =>
      withBooks(tx, accountId, clock.nowMs(), async (books) => {
        const outcomes = new Map<Turn, Outcome>();
        for (const turn of turns) {
          const outcome = await outcomeOf(turn, tx, books);
          if (outcome === 'wait') break;
          outcomes.set(turn, outcome);
        }
        return outcomes;
      }),
    );
  }

  return {
    take<T>(accountId: string, job: MoneyJob<T>, { rank, waitMs }: JobOptions): Promise<T> {
      const lane = lanes.get(accountId) ?? { turns: [], isRunning: false, wasWoken: false };
      lanes.set(accountId, lane);
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      const turn: Turn = {
        run: job,
        rank: ranks[rank],
        isOverdue: false,
        // The job's own result comes back to it.
        resolve: (result) => resolve(result as T),
        reject,
      };
      const next = lane.turns.findIndex((other) => other.rank > turn.rank);
      lane.turns.splice(next === -1 ? lane.turns.length : next, 0, turn);
      void run(accountId, lane);
      if (waitMs === null) return promise;
      const cancel = clock.after(waitMs, () => {
        turn.isOverdue = true;
        void run(accountId, lane);
      });
      return promise.finally(cancel);
    },
    wake(accountId) {
      const lane = lanes.get(accountId);
      if (lane) void run(accountId, lane);
    },
  };
}

async function outcomeOf(turn: Turn, tx: Tx, books: AccountBooks): Promise<Outcome | 'wait'> {
  try {
    const result = await turn.run(tx, books, !turn.isOverdue);
    return result === 'wait' ? 'wait' : { kind: 'done', result };
  } catch (error) {
    if (error instanceof CorvusError) return { kind: 'refused', error };
    throw error;
  }
}

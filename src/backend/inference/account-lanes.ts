import { createTransact } from '../database/gather-transactions.ts';
import type { Db } from '../database/open-database.ts';
import { type MoneyJob, runTogether, type Turn } from './run-together.ts';

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

interface RankedTurn extends Turn {
  rank: number;
}

interface Lane {
  turns: RankedTurn[];
  isRunning: boolean;
  wasWoken: boolean;
}

interface LaneParts {
  db: Db;
  clock: { nowMs(): number; after(delayMs: number, task: () => void): () => void };
}

const mostJobsTogether = 100;

export function createAccountLanes({ db, clock }: LaneParts): AccountLanes {
  const lanes = new Map<string, Lane>();
  const transact = createTransact(db);

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
    const inOrder = [...lane.turns.filter((turn) => turn.isOverdue), ...lane.turns.filter((turn) => !turn.isOverdue)];
    const turns = inOrder.slice(0, mostJobsTogether);
    if (turns.length === 0) return false;
    const settled = await runTogether({ transact, accountId, nowMs: clock.nowMs() }, turns);
    lane.turns = lane.turns.filter((turn) => !settled.has(turn));
    return settled.size === turns.length;
  }

  return {
    take<T>(accountId: string, job: MoneyJob<T>, { rank, waitMs }: JobOptions): Promise<T> {
      const lane = lanes.get(accountId) ?? { turns: [], isRunning: false, wasWoken: false };
      lanes.set(accountId, lane);
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      // What comes back is the job's own result.
      const turn: RankedTurn = { run: job, rank: ranks[rank], isOverdue: false, resolve: (result) => resolve(result as T), reject };
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

import { createTransact, mostMsAtOnce } from '../database/gather-transactions.ts';
import type { Db } from '../database/open-database.ts';
import type { Events } from '../runtime/events.ts';
import { type MoneyJob, runBatch, type Turn } from './run-batch.ts';

/** In this order: ends, which return money; then requests under way; then new ones. */
const ranks = { end: 0, grow: 1, admit: 2 } as const;

export interface JobOptions {
  rank: keyof typeof ranks;
  /** How long it may wait; null for a job that never waits. */
  waitMs: number | null;
  /** The request whose hold it asks for, so that it is read with the account; absent: none's. */
  requestId?: string;
}

export interface AccountQueue {
  /**
   * Runs a job when it is its turn: the jobs of one account by rank, then by arrival. Jobs that gather while earlier
   * ones are written share one transaction. A job that has to wait is retried whenever the account's money moves, and a
   * last time when its time is over.
   */
  enqueue<T>(accountId: string, job: MoneyJob<T>, options: JobOptions): Promise<T>;
}

interface RankedTurn extends Turn {
  rank: number;
}

interface AccountJobs {
  turns: RankedTurn[];
  isRunning: boolean;
  wasWoken: boolean;
}

interface AccountQueueDeps {
  db: Db;
  clock: { nowMs(): number; after(delayMs: number, task: () => void): () => void };
  events: Pick<Events, 'on'>;
}

const mostJobsPerBatch = 100;

export function createAccountQueue({ db, clock, events }: AccountQueueDeps): AccountQueue {
  const queues = new Map<string, AccountJobs>();
  const transact = createTransact(db);
  const mostMs = mostMsAtOnce(db);

  async function run(accountId: string, jobs: AccountJobs): Promise<void> {
    jobs.wasWoken = true;
    if (jobs.isRunning) return;
    jobs.isRunning = true;
    while (jobs.wasWoken) {
      jobs.wasWoken = false;
      while (await runSome(accountId, jobs));
    }
    jobs.isRunning = false;
    if (jobs.turns.length === 0) queues.delete(accountId);
  }

  /** False when the queue is empty, or its first job has to wait. */
  async function runSome(accountId: string, jobs: AccountJobs): Promise<boolean> {
    const inOrder = [...jobs.turns.filter((turn) => turn.isOverdue), ...jobs.turns.filter((turn) => !turn.isOverdue)];
    const turns = inOrder.slice(0, mostJobsPerBatch);
    if (turns.length === 0) return false;
    const { done, isWaiting } = await runBatch({ transact, accountId, nowMs: clock.nowMs(), mostMs }, turns);
    jobs.turns = jobs.turns.filter((turn) => !done.has(turn));
    return !isWaiting;
  }

  // Its money may have been given back or added, here or elsewhere: jobs that wait for it are tried again.
  events.on('account.changed', ({ accountId }) => {
    const jobs = queues.get(accountId);
    if (jobs) void run(accountId, jobs);
  });

  return {
    enqueue<T>(accountId: string, job: MoneyJob<T>, { rank, waitMs, requestId }: JobOptions): Promise<T> {
      const jobs = queues.get(accountId) ?? { turns: [], isRunning: false, wasWoken: false };
      queues.set(accountId, jobs);
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      // The result is the job's own.
      const turn: RankedTurn = {
        run: job,
        requestId: requestId ?? null,
        // A lost hold costs the platform one request; a lost settlement would cost the customer's trust.
        survives: rank === 'end' ? 'power-cut' : 'crash',
        rank: ranks[rank],
        isOverdue: false,
        resolve: (result) => resolve(result as T),
        reject,
      };
      const next = jobs.turns.findIndex((other) => other.rank > turn.rank);
      jobs.turns.splice(next === -1 ? jobs.turns.length : next, 0, turn);
      void run(accountId, jobs);
      if (waitMs === null) return promise;
      const cancel = clock.after(waitMs, () => {
        turn.isOverdue = true;
        void run(accountId, jobs);
      });
      return promise.finally(cancel);
    },
  };
}

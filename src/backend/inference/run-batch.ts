import { eachInTurn } from '#proxy/turns/flow.ts';
import { CorvusError } from '#shared/errors.ts';
import { isDuplicate } from '../database/database-trouble.ts';
import type { Transact } from '../database/gather-transactions.ts';
import type { Survives } from '../database/sqlite-durability.ts';
import type { Tx } from '../database/open-database.ts';
import { type AccountLedger, withAccountLedger } from '../store/account-ledger.ts';

/**
 * Work on an account's money, done in its ledger. `wait`: retry it when other requests have returned theirs. It refuses
 * with a `CorvusError` before it writes anything, and may be run again when its transaction was rolled back.
 */
export type MoneyJob<T> = (
  tx: Tx,
  ledger: AccountLedger,
  mayWait: boolean,
  /** Something was in the database already, and it was rolled back: it looks before it writes. */
  looksFirst: boolean,
) => Promise<T | 'wait'>;

/** A job whose turn has come. */
export interface Turn {
  run: MoneyJob<unknown>;
  /** The request whose hold it asks for; null: none's. */
  requestId: string | null;
  /** What its commit survives. */
  survives: Survives;
  /** Its time is over: it may not wait any longer. */
  isOverdue: boolean;
  /** Delivers the result, once it is committed. */
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

interface Place {
  transact: Transact;
  accountId: string;
  nowMs: number;
  /** After this long no more jobs are taken in; null: all are. */
  mostMs: number | null;
  /** Each job runs alone, and looks before it writes. */
  looksFirst?: boolean;
}

/** What became of the jobs of a batch. */
export interface BatchEnd<T extends Turn> {
  done: ReadonlySet<T>;
  /** The next one has to wait for others; else there was no time for more, or there are no more. */
  isWaiting: boolean;
}

type Outcome = { kind: 'done'; result: unknown } | { kind: 'refused'; error: CorvusError };

/** Runs jobs of one account in one transaction, in order, until one has to wait or the time is over. */
export async function runBatch<T extends Turn>(place: Place, turns: readonly T[]): Promise<BatchEnd<T>> {
  try {
    const { outcomes, isWaiting } = await write(place, turns);
    // What the requests go on with may take longer than the transaction that they shared.
    void eachInTurn(place.accountId, outcomes, deliver);
    return { done: new Set(outcomes.keys()), isWaiting };
  } catch (error) {
    if (!place.looksFirst && (turns.length > 1 || isDuplicate(error))) return runOneByOne(place, turns);
    for (const turn of turns) turn.reject(error);
    return { done: new Set(turns), isWaiting: false };
  }
}

function deliver([turn, outcome]: readonly [Turn, Outcome]): void {
  if (outcome.kind === 'done') turn.resolve(outcome.result);
  else turn.reject(outcome.error);
}

/** A failing job must not fail the others. */
async function runOneByOne<T extends Turn>(place: Place, turns: readonly T[]): Promise<BatchEnd<T>> {
  const done = new Set<T>();
  for (const turn of turns) {
    const { isWaiting } = await runBatch({ ...place, looksFirst: true }, [turn]);
    if (isWaiting) return { done, isWaiting };
    done.add(turn);
  }
  return { done, isWaiting: false };
}

interface Written<T extends Turn> {
  outcomes: Map<T, Outcome>;
  isWaiting: boolean;
}

function write<T extends Turn>(
  { transact, accountId, nowMs, mostMs, looksFirst = false }: Place,
  turns: readonly T[],
): Promise<Written<T>> {
  const survives = turns.some((turn) => turn.survives === 'power-cut') ? 'power-cut' : 'crash';
  const requestIds = turns.flatMap(({ requestId }) => requestId ?? []);
  const runAll = async (tx: Tx, ledger: AccountLedger) => {
    const outcomes = new Map<T, Outcome>();
    const startedAtMs = performance.now();
    for (const turn of turns) {
      if (mostMs !== null && outcomes.size > 0 && performance.now() - startedAtMs > mostMs) break;
      const outcome = await outcomeOf(turn, tx, ledger, looksFirst);
      if (outcome === 'wait') return { outcomes, isWaiting: true };
      outcomes.set(turn, outcome);
    }
    return { outcomes, isWaiting: false };
  };
  const work = (tx: Tx) => withAccountLedger(tx, accountId, nowMs, (ledger) => runAll(tx, ledger), requestIds);
  return transact(work, survives);
}

async function outcomeOf(turn: Turn, tx: Tx, ledger: AccountLedger, looksFirst: boolean): Promise<Outcome | 'wait'> {
  try {
    const result = await turn.run(tx, ledger, !turn.isOverdue, looksFirst);
    return result === 'wait' ? 'wait' : { kind: 'done', result };
  } catch (error) {
    if (error instanceof CorvusError) return { kind: 'refused', error };
    throw error;
  }
}

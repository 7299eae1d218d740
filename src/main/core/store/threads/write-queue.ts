import type { RequestSummary } from '#shared/account/request.ts';
import { toCorvusError } from '#shared/errors.ts';
import type { Clock, Logger } from '#shared/ports.ts';
import {
  type BatchAnswer,
  type BatchResult,
  type Call,
  type CallResult,
  type Channel,
  troubleFailure,
} from './channel.ts';
import type { Journal, JournalPlace } from './journal.ts';
import type { StoreTrouble } from '../store.ts';

const mostStored = 10_000;
const mostPerBatch = 500;
/** How long records wait for others when no read asks for them. */
const gatherMs = 100;
const firstRetryMs = 250;
const longestRetryMs = 10_000;

interface WaitingRecord {
  line: string;
  place: JournalPlace | null;
}

interface WaitingCalls {
  calls: readonly Call[];
  resolve(results: CallResult[]): void;
}

interface WaitingReader {
  /** The number of the last record that it wants to see. */
  last: number;
  resolve(): void;
}

export interface WriteQueueDeps {
  channel: Channel;
  journal: Journal;
  clock: Clock;
  logger: Logger;
  onRows(rows: RequestSummary[]): void;
  onTrouble(trouble: StoreTrouble): void;
  onRecovered(): void;
}

/**
 * What waits for the writing thread, in order and in batches: records of requests, for which no call waits, and calls
 * of operations. A busy gateway needs one commit for all that happened in a moment. While the disk cannot be written,
 * records are kept and calls fail.
 */
export class WriteQueue {
  readonly #deps: WriteQueueDeps;
  readonly #records: WaitingRecord[] = [];
  #calls: WaitingCalls[] = [];
  #readers: WaitingReader[] = [];
  #recorded = 0;
  #written = 0;
  #underWay: Promise<void> | null = null;
  #cancelTimer: (() => void) | null = null;
  #isInTrouble = false;
  #retryMs = firstRetryMs;
  #lost = 0;

  constructor(deps: WriteQueueDeps) {
    this.#deps = deps;
  }

  /** Keeps a record: in the journal at once, in the database soon. */
  record(line: string): void {
    if (this.#records.length >= mostStored && this.#isInTrouble) {
      // Requests are served without a row: the account's own ledger still has what they cost.
      if (this.#lost === 0) this.#deps.logger.error('store.rows-lost', { stored: this.#records.length });
      this.#lost += 1;
      return;
    }
    const place = this.#deps.journal.append(line);
    this.#records.push({ line, place });
    this.#recorded += 1;
    // What the journal refuses is only safe in the database.
    if (place || this.#isInTrouble) this.#schedule();
    else this.#start();
  }

  /** Runs calls after everything that was recorded before. */
  send(calls: readonly Call[]): Promise<CallResult[]> {
    return new Promise((resolve) => {
      this.#calls.push({ calls, resolve });
      this.#schedule();
    });
  }

  /** Resolves when the database has everything that was recorded before, or cannot be written now. */
  caughtUp(): Promise<void> {
    if (this.#written === this.#recorded || this.#isInTrouble) return Promise.resolve();
    return new Promise((resolve) => {
      this.#readers.push({ last: this.#recorded, resolve });
      this.#schedule();
    });
  }

  /** Writes what waits, if the disk can be written. What it cannot write stays in the journal for the next start. */
  async close(): Promise<void> {
    do {
      this.#start();
      while (this.#underWay) await this.#underWay;
    } while (this.#records.length > 0 && !this.#isInTrouble);
    this.#stopTimer();
    const unwritten = this.#records.length;
    if (unwritten > 0) this.#deps.logger.error('store.rows-unwritten', { unwritten });
    this.#deps.journal.endFile();
  }

  #schedule(): void {
    if (this.#underWay) return;
    const isFull = this.#records.length >= mostPerBatch && !this.#isInTrouble;
    if (isFull || this.#calls.length > 0 || this.#readers.length > 0) return this.#start();
    if (this.#records.length === 0 || this.#cancelTimer) return;
    this.#cancelTimer = this.#deps.clock.after(this.#isInTrouble ? this.#retryMs : gatherMs, () => {
      this.#cancelTimer = null;
      if (this.#isInTrouble) this.#retryMs = Math.min(2 * this.#retryMs, longestRetryMs);
      this.#start();
    });
  }

  #start(): void {
    if (this.#underWay) return;
    this.#stopTimer();
    // In a microtask, so that everything of this turn goes into one batch.
    this.#underWay = Promise.resolve()
      .then(() => this.#writeBatch())
      .finally(() => {
        this.#underWay = null;
        this.#schedule();
      });
  }

  #stopTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  async #writeBatch(): Promise<void> {
    const records = this.#records.slice(0, mostPerBatch);
    // Calls come after every record before them.
    const waiting = records.length === this.#records.length ? this.#calls.splice(0) : [];
    if (records.length === 0 && waiting.length === 0) return;
    const calls = waiting.flatMap((one) => one.calls);
    const answer = await this.#send(records, calls);
    if ('trouble' in answer) return this.#keep(answer.trouble, waiting);
    this.#settle(records.length, answer);
    this.#recover();
    let next = 0;
    for (const { calls: own, resolve } of waiting) resolve(answer.results.slice(next, (next += own.length)));
    if (answer.rows.length > 0) this.#deps.onRows(answer.rows);
  }

  async #send(records: readonly WaitingRecord[], calls: readonly Call[]): Promise<BatchAnswer> {
    try {
      return await this.#deps.channel.send({ records: records.map(({ line }) => line), calls });
    } catch (error) {
      return { trouble: toCorvusError(error).message };
    }
  }

  #settle(count: number, { refused }: BatchResult): void {
    for (const { place } of this.#records.splice(0, count)) place?.release();
    this.#written += count;
    this.#readers = this.#readers.filter(({ last, resolve }) => {
      if (last <= this.#written) resolve();
      return last > this.#written;
    });
    for (const message of refused) this.#deps.logger.error('store.row-refused', { message });
  }

  #keep(trouble: string, waiting: readonly WaitingCalls[]): void {
    if (!this.#isInTrouble && this.#records.length > 0) {
      this.#isInTrouble = true;
      this.#deps.logger.error('store.trouble', { message: trouble });
      this.#deps.onTrouble({ message: trouble });
    }
    const failure = troubleFailure({ trouble });
    for (const { calls, resolve } of [...waiting, ...this.#calls.splice(0)])
      resolve(calls.map(() => ({ ok: false, failure })));
    for (const { resolve } of this.#readers.splice(0)) resolve();
  }

  #recover(): void {
    if (!this.#isInTrouble) return;
    this.#isInTrouble = false;
    this.#retryMs = firstRetryMs;
    this.#deps.logger.info('store.recovered', { lost: this.#lost });
    this.#lost = 0;
    this.#deps.onRecovered();
  }
}

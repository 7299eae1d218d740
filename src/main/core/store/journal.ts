import type { RequestSummary } from '#shared/account/request.ts';
import { CorvusError, toCorvusError } from '#shared/errors.ts';
import type { Clock, Logger } from '#shared/ports.ts';
import { type Call, type CallResult, type Channel, failureError } from './channel.ts';
import type { StoreTrouble } from './store.ts';

const mostStored = 10_000;
const mostPerBatch = 500;
const firstRetryMs = 250;
const longestRetryMs = 10_000;

interface Entry {
  call: Call;
  settle(error: CorvusError | null): void;
}

export interface JournalDeps {
  channel: Channel;
  clock: Clock;
  logger: Logger;
  onRows(rows: RequestSummary[]): void;
  onTrouble(trouble: StoreTrouble): void;
  onRecovered(): void;
}

/**
 * Queues request rows for the disk: in order, in batches, and kept in memory while the disk is full. At most one batch is under way, and what
 * arrives in the meantime is the next one: a busy gateway needs one commit per round trip, and an idle one does not wait.
 */
export class Journal {
  readonly #deps: JournalDeps;
  readonly #queue: Entry[] = [];
  #underWay: Promise<void> | null = null;
  #isInTrouble = false;
  #retryMs = firstRetryMs;
  #cancelRetry: (() => void) | null = null;
  #lost = 0;

  constructor(deps: JournalDeps) {
    this.#deps = deps;
  }

  /** Resolves once the row is committed, or kept in memory because the disk cannot be written now. */
  write(call: Call): Promise<void> {
    if (this.#isInTrouble && this.#queue.length >= mostStored) {
      // Requests are served without a row: the account's own ledger still has what they cost.
      if (this.#lost === 0) this.#deps.logger.error('store.rows-lost', { stored: this.#queue.length });
      this.#lost += 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ call, settle: (error) => (error ? reject(error) : resolve()) });
      if (this.#isInTrouble) resolve();
      this.#schedule();
    });
  }

  /** Tries once more to write everything in the queue. */
  async flush(): Promise<void> {
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    this.#schedule();
    while (this.#underWay) await this.#underWay;
    if (this.#queue.length > 0) this.#deps.logger.error('store.rows-lost', { unwritten: this.#queue.length });
  }

  #schedule(): void {
    if (this.#underWay || this.#cancelRetry || this.#queue.length === 0) return;
    // In a microtask, so that all rows of this turn go into one batch.
    this.#underWay = Promise.resolve()
      .then(() => this.#writeBatch())
      .finally(() => {
        this.#underWay = null;
        this.#schedule();
      });
  }

  async #writeBatch(): Promise<void> {
    const batch = this.#queue.slice(0, mostPerBatch);
    const results = await this.#send(batch.map(({ call }) => call));
    const failed = results.find((result) => !result.ok && result.failure.isDiskTrouble);
    if (failed && !failed.ok) return this.#keep(failed.failure.message);
    this.#queue.splice(0, batch.length);
    this.#recover();
    const rows = batch.flatMap((entry, index) => this.#finish(entry, results[index]));
    if (rows.length > 0) this.#deps.onRows(rows);
  }

  async #send(calls: readonly Call[]): Promise<CallResult[]> {
    try {
      return await this.#deps.channel.send(calls);
    } catch (error) {
      const { code, message } = toCorvusError(error);
      return calls.map(() => ({ ok: false, failure: { code, message, isDiskTrouble: true } }));
    }
  }

  #finish({ call, settle }: Entry, result: CallResult | undefined): RequestSummary[] {
    if (result?.ok) {
      settle(null);
      // Every journal operation returns the row it left.
      const row = result.value as RequestSummary | null;
      return row ? [row] : [];
    }
    const error = result ? failureError(result.failure) : new CorvusError('internal_error');
    const message = result ? result.failure.message : error.message;
    this.#deps.logger.error('store.row-refused', { operation: call[0], message });
    settle(error);
    return [];
  }

  #keep(message: string): void {
    if (!this.#isInTrouble) {
      this.#isInTrouble = true;
      this.#deps.logger.error('store.trouble', { message });
      this.#deps.onTrouble({ message });
    }
    for (const { settle } of this.#queue) settle(null);
    this.#cancelRetry = this.#deps.clock.after(this.#retryMs, () => {
      this.#cancelRetry = null;
      this.#schedule();
    });
    this.#retryMs = Math.min(2 * this.#retryMs, longestRetryMs);
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

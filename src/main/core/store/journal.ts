import type { RequestSummary } from '#shared/domain/request.ts';
import { CorvusError, toCorvusError } from '#shared/errors.ts';
import type { Clock, Logger } from '../ports.ts';
import { type Call, type CallResult, type Channel, failureError } from './channel.ts';
import type { StoreTrouble } from './store.ts';

const mostKept = 10_000;
const mostPerBatch = 500;
const firstRetryMs = 250;
const longestRetryMs = 10_000;

interface Entry {
  call: Call;
  settle(error: CorvusError | null): void;
}

export interface JournalParts {
  channel: Channel;
  clock: Clock;
  logger: Logger;
  onRows(rows: RequestSummary[]): void;
  onTrouble(trouble: StoreTrouble): void;
  onRecovered(): void;
}

/** The request rows on their way to the disk: in order, grouped, and not lost when the disk is full. */
export interface Journal {
  /** Resolves once the row is committed, or kept in memory because the disk cannot take it now. */
  write(call: Call): Promise<void>;
  /** One last try for everything that waits. */
  flush(): Promise<void>;
}

/**
 * At most one batch is under way; what arrives meanwhile becomes the next one, so a busy gateway pays for one commit
 * per round trip and an idle one waits for nothing.
 */
export function createJournal({ channel, clock, logger, onRows, onTrouble, onRecovered }: JournalParts): Journal {
  const queue: Entry[] = [];
  let underWay: Promise<void> | null = null;
  let trouble: StoreTrouble | null = null;
  let retryMs = firstRetryMs;
  let cancelRetry: (() => void) | null = null;
  let lost = 0;

  function schedule(): void {
    if (underWay || cancelRetry || queue.length === 0) return;
    // Everything this turn still adds goes along.
    underWay = Promise.resolve()
      .then(writeBatch)
      .finally(() => {
        underWay = null;
        schedule();
      });
  }

  async function writeBatch(): Promise<void> {
    const batch = queue.slice(0, mostPerBatch);
    const results = await send(batch.map(({ call }) => call));
    const failed = results.find((result) => !result.ok && result.failure.isDiskTrouble);
    if (failed && !failed.ok) return keep(failed.failure.message);
    queue.splice(0, batch.length);
    recover();
    const rows: RequestSummary[] = [];
    for (const [index, entry] of batch.entries()) finishEntry(entry, results[index], rows);
    if (rows.length > 0) onRows(rows);
  }

  async function send(calls: readonly Call[]): Promise<CallResult[]> {
    try {
      return await channel.send(calls);
    } catch (error) {
      const { code, message } = toCorvusError(error);
      return calls.map(() => ({ ok: false, failure: { code, message, isDiskTrouble: true } }));
    }
  }

  function finishEntry({ call, settle }: Entry, result: CallResult | undefined, rows: RequestSummary[]): void {
    if (result?.ok) {
      // Every journal operation returns the row it left.
      const row = result.value as RequestSummary | null;
      if (row) rows.push(row);
      return settle(null);
    }
    const error = result ? failureError(result.failure) : new CorvusError('internal_error');
    logger.error('store.row-refused', { operation: call.name, message: result && !result.ok ? result.failure.message : error.message });
    settle(error);
  }

  function keep(message: string): void {
    if (!trouble) {
      trouble = { message };
      logger.error('store.trouble', { message });
      onTrouble(trouble);
    }
    for (const { settle } of queue) settle(null);
    cancelRetry = clock.after(retryMs, () => {
      cancelRetry = null;
      schedule();
    });
    retryMs = Math.min(2 * retryMs, longestRetryMs);
  }

  function recover(): void {
    if (!trouble) return;
    trouble = null;
    retryMs = firstRetryMs;
    logger.info('store.recovered', { lost });
    lost = 0;
    onRecovered();
  }

  return {
    write(call) {
      if (trouble && queue.length >= mostKept) {
        // Serving goes on without a row: what was bought is still in the account's own ledger.
        if (lost === 0) logger.error('store.rows-lost', { kept: queue.length });
        lost += 1;
        return Promise.resolve();
      }
      return new Promise((resolve, reject) => {
        const settle = (error: CorvusError | null) => (error ? reject(error) : resolve());
        queue.push({ call, settle });
        if (trouble) resolve();
        schedule();
      });
    },
    async flush() {
      cancelRetry?.();
      cancelRetry = null;
      schedule();
      while (underWay) await underWay;
      if (queue.length > 0) logger.error('store.rows-lost', { unwritten: queue.length });
    },
  };
}

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { RequestSummary } from '#shared/account/request.ts';
import type { Clock, Logger } from '#shared/ports.ts';
import { boundRow } from './bound-row.ts';
import { createChannel, failureError, type WorkerMessage } from './channel.ts';
import { Journal } from './journal.ts';
import type { JournalOperations } from './operations.ts';
import { createStoreClient } from './store-client.ts';
import type { JournalWrites, Store, StoreTrouble } from './store.ts';

export interface StoreOptions {
  databasePath: string;
  clock: Clock;
  logger: Logger;
}

/** Opens the app's database in two threads: one writes and one reads, so that a long query delays no row. */
export async function openStore({ databasePath, clock, logger }: StoreOptions): Promise<Store> {
  const writer = startWorker(databasePath, 'write');
  const movedTo = await untilReady(writer);
  if (movedTo !== null) logger.error('store.damaged', { movedTo });
  const writes = createChannel(writer);
  const reads = createChannel(startWorker(databasePath, 'read'));
  const rows = createListeners<RequestSummary[]>();
  const trouble = createListeners<StoreTrouble>();
  const recovered = createListeners<void>();
  const journal = new Journal({
    channel: writes,
    clock,
    logger,
    onRows: rows.notify,
    onTrouble: trouble.notify,
    onRecovered: recovered.notify,
  });
  const client = createStoreClient(reads, writes);
  let closing: Promise<void> | null = null;

  async function close(): Promise<void> {
    await journal.flush();
    // The last connection to close moves the WAL into the file, and the reader cannot.
    await reads.close();
    await writes.close();
  }

  return {
    ...client,
    requests: { ...client.requests, ...journalWrites(journal), onChanged: rows.add },
    providers: {
      ...client.providers,
      setTest: (test) => client.providers.setTest({ ...test, lastTest: boundRow(test.lastTest) }),
    },
    mirror: {
      ...client.mirror,
      async applyLines(accountId, lines) {
        const applied = await client.mirror.applyLines(accountId, lines);
        if (applied.rows.length > 0) rows.notify(applied.rows);
        return applied.withoutReceipt;
      },
    },
    movedTo,
    onTrouble: trouble.add,
    onRecovered: recovered.add,
    close: () => (closing ??= close()),
  };
}

/** Cuts the texts of each row before it is queued: what is kept in memory is bounded too. */
function journalWrites(journal: Journal): JournalWrites {
  const write = <Name extends keyof JournalOperations>(name: Name, row: Parameters<JournalOperations[Name]>[1]) =>
    journal.write([name, boundRow(row)]);
  // The caller does not wait, and the journal has logged why the row was refused.
  const note: typeof write = (name, row) => write(name, row).catch(() => undefined);
  return {
    begin: (request) => write('requests.begin', request),
    finish: (request) => note('requests.finish', request),
    refused: (request) => note('requests.refused', request),
    settled: (request) => note('requests.settled', request),
  };
}

function startWorker(databasePath: string, role: 'read' | 'write'): Worker {
  return new Worker(workerFile(), { workerData: { databasePath, role } });
}

/** In the source the worker is beside this file; in a bundle it is an entry of its own, beside or above this chunk. */
function workerFile(): string {
  const names = import.meta.url.endsWith('.ts') ? ['./store-worker.ts'] : ['./store-worker.js', '../store-worker.js'];
  const paths = names.map((name) => fileURLToPath(new URL(name, import.meta.url)));
  const found = paths.find((path) => existsSync(path));
  if (found === undefined) throw new Error('The database thread is missing from this installation.');
  return found;
}

/** Where a damaged file was moved to, or null. Rejects with what the thread reports when it cannot open the file. */
function untilReady(worker: Worker): Promise<string | null> {
  return new Promise((resolve, reject) => {
    worker.once('message', (message: WorkerMessage) => {
      if (message.kind === 'ready') resolve(message.movedTo);
      else if (message.kind === 'refused') reject(failureError(message.failure));
    });
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('The database thread ended before it was ready.')));
  });
}

function createListeners<T>() {
  const listeners = new Set<(value: T) => void>();
  return {
    add(listener: (value: T) => void): () => void {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    notify(value: T): void {
      for (const listener of listeners) listener(value);
    },
  };
}

import type { Worker } from 'node:worker_threads';
import type { RequestSummary } from '#shared/account/request.ts';
import type { Clock, Logger } from '#shared/ports.ts';
import { boundRow } from './requests/bound-row.ts';
import { createChannel, type StoreRole } from './threads/channel.ts';
import { Journal } from './threads/journal.ts';
import { createReaders, readsAfter } from './threads/readers.ts';
import { encodeRecord } from './requests/request-records.ts';
import { createStoreClient } from './threads/store-client.ts';
import type { RequestRecorder, Store, StoreTrouble } from './store.ts';
import { WriteQueue } from './threads/write-queue.ts';

export interface StoreOptions {
  databasePath: string;
  clock: Clock;
  logger: Logger;
}

interface Threads {
  /** Has opened the file. */
  writer: Worker;
  movedTo: string | null;
  start(role: StoreRole): Worker;
}

/** The store over its threads. */
export function createStore({ databasePath, clock, logger }: StoreOptions, { writer, movedTo, start }: Threads): Store {
  let closing: Promise<void> | null = null;
  const rows = createListeners<RequestSummary[]>();
  const trouble = createListeners<StoreTrouble>();
  const recovered = createListeners<void>();
  const channel = createChannel(writer);
  const journal = new Journal({ databasePath, clock, logger });
  const queue = new WriteQueue({
    channel,
    journal,
    clock,
    logger,
    onRows: rows.notify,
    onTrouble: trouble.notify,
    onRecovered: recovered.notify,
  });
  const readers = createReaders(queue, clock, (role) => createChannel(start(role)));
  const client = createStoreClient({
    reads: readers.reads,
    wholeReads: readers.wholeReads,
    captures: readers.captures,
    shortReads: readsAfter(queue, () => channel),
    writes: queue,
  });

  async function close(): Promise<void> {
    await queue.close();
    // The last connection to close moves the WAL into the file, and a reader cannot.
    await readers.close();
    await channel.close();
  }

  return {
    ...client,
    requests: {
      ...client.requests,
      ...recorder(queue),
      onChanged: rows.add,
      deleteBefore(beforeMs, limit) {
        // After a crash, the last journal file is replayed, so a row that is deleted now would come back and be counted
        // twice.
        journal.endFile();
        return client.requests.deleteBefore(beforeMs, limit);
      },
    },
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
      async missCharges(sinceMs, beforeMs) {
        const missed = await client.mirror.missCharges(sinceMs, beforeMs);
        if (missed.length > 0) rows.notify(missed);
      },
    },
    movedTo,
    onTrouble: trouble.add,
    onRecovered: recovered.add,
    close: () => (closing ??= close()),
  };
}

/** Cuts the texts of each record: what is kept in memory and in the journal is bounded too. */
function recorder(queue: WriteQueue): RequestRecorder {
  return {
    begin: (request) => queue.record(encodeRecord({ kind: 'begun', request: boundRow(request) })),
    switched: (request) => queue.record(encodeRecord({ kind: 'switched', request })),
    named: (request) => queue.record(encodeRecord({ kind: 'named', request: boundRow(request) })),
    finish: (request) => queue.record(encodeRecord({ kind: 'finished', request: boundRow(request) })),
    refused: (request) => queue.record(encodeRecord({ kind: 'refused', request: boundRow(request) })),
    fetched: (request) => queue.record(encodeRecord({ kind: 'fetched', request: boundRow(request) })),
    settled: (request) => queue.record(encodeRecord({ kind: 'settled', request: boundRow(request) })),
  };
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

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { RequestSummary } from '#shared/account/request.ts';
import type { Clock, Logger } from '#shared/ports.ts';
import { boundRow } from './bound-row.ts';
import { type Call, callOne, type Channel, createChannel, failureError, type OperationInput, type WorkerMessage } from './channel.ts';
import { Journal } from './journal.ts';
import type { WriteOperations } from './operations.ts';
import type { LocalKeyStore, MirrorStore, ProviderStore, RefusalStore, RequestStore, Store, StoreTrouble } from './store.ts';

export interface StoreOptions {
  databasePath: string;
  clock: Clock;
  logger: Logger;
}

/** Opens the app's database in two threads: one writes, one answers questions, so that a long question delays no row. */
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
    onRows: rows.tell,
    onTrouble: trouble.tell,
    onRecovered: recovered.tell,
  });
  const requests = requestStore(journal, reads, writes);
  let closing: Promise<void> | null = null;

  async function close(): Promise<void> {
    await journal.flush();
    // Who closes last folds the WAL into the file, which a reader cannot.
    await reads.close();
    await writes.close();
  }

  return {
    movedTo,
    requests: { ...requests, onChanged: rows.add },
    refusals: refusalStore(reads, writes),
    rollups: { sum: (borders) => callOne(reads, 'rollups.sum', borders) },
    localKeys: localKeyStore(reads, writes),
    providers: providerStore(reads, writes),
    settings: {
      read: (name) => callOne(reads, 'settings.read', name),
      write: (name, value) => callOne(writes, 'settings.write', { name, value }),
    },
    mirror: mirrorStore(reads, writes, rows.tell),
    onTrouble: trouble.add,
    onRecovered: recovered.add,
    close: () => (closing ??= close()),
  };
}

function requestStore(journal: Journal, reads: Channel, writes: Channel): Omit<RequestStore, 'onChanged'> {
  // Nobody waits for these, so a refusal, which the journal has logged, has no one to go to.
  const note = (call: Call) => journal.write(call).catch(() => undefined);
  return {
    begin: (request) => journal.write(row('requests.begin', boundRow(request))),
    finish: (request) => note(row('requests.finish', boundRow(request))),
    refused: (request) => note(row('requests.refuse', boundRow(request))),
    settled: (request) => note(row('requests.settle', boundRow(request))),
    closeOpen: () => callOne(writes, 'requests.closeOpen', undefined),
    list: (filter, cursor, limit) => callOne(reads, 'requests.list', { filter, cursor, limit }),
    get: (id) => callOne(reads, 'requests.get', id),
    facets: () => callOne(reads, 'requests.facets', undefined),
    prepaidCostSince: (sinceMs) => callOne(reads, 'requests.prepaidCostSince', sinceMs),
    deleteBefore: (beforeMs, limit) => callOne(writes, 'requests.deleteBefore', { beforeMs, limit }),
  };
}

function row<K extends keyof WriteOperations>(name: K, input: OperationInput<K>): Call {
  return { name, input };
}

function refusalStore(reads: Channel, writes: Channel): RefusalStore {
  return {
    count: async (refused) => void (await callOne(writes, 'refusals.count', refused)),
    list: () => callOne(reads, 'refusals.list', undefined),
    deleteBefore: async (beforeMs) => void (await callOne(writes, 'refusals.deleteBefore', beforeMs)),
  };
}

function localKeyStore(reads: Channel, writes: Channel): LocalKeyStore {
  return {
    list: () => callOne(reads, 'localKeys.list', undefined),
    insert: (key) => callOne(writes, 'localKeys.insert', key),
    limit: (id, limits) => callOne(writes, 'localKeys.limit', { id, limits }),
    revoke: (id, atMs) => callOne(writes, 'localKeys.revoke', { id, atMs }),
  };
}

function providerStore(reads: Channel, writes: Channel): ProviderStore {
  return {
    list: () => callOne(reads, 'providers.list', undefined),
    insert: (provider) => callOne(writes, 'providers.insert', provider),
    remove: (id) => callOne(writes, 'providers.remove', id),
    setKeyHint: (id, keyHint) => callOne(writes, 'providers.setKeyHint', { id, keyHint }),
    setTest: (test) => callOne(writes, 'providers.setTest', { ...test, lastTest: boundRow(test.lastTest) }),
  };
}

function mirrorStore(reads: Channel, writes: Channel, reportRows: (rows: RequestSummary[]) => void): MirrorStore {
  return {
    snapshot: (accountId) => callOne(reads, 'mirror.snapshot', accountId),
    saveSnapshot: (snapshot, receivedAtMs) => callOne(writes, 'mirror.saveSnapshot', { snapshot, receivedAtMs }),
    cursor: (accountId) => callOne(reads, 'mirror.cursor', accountId),
    async applyLines(accountId, lines) {
      const applied = await callOne(writes, 'mirror.applyLines', { accountId, lines });
      if (applied.rows.length > 0) reportRows(applied.rows);
      return applied.withoutReceipt;
    },
    forgetLedger: (accountId, upTo) => callOne(writes, 'mirror.forgetLedger', { accountId, upTo }),
    lines: (accountId, cursor, limit) => callOne(reads, 'mirror.lines', { accountId, cursor, limit }),
    formerLines: (accountId, limit) => callOne(reads, 'mirror.formerLines', { accountId, limit }),
    acceptFormerLines: (accountId) => callOne(writes, 'mirror.acceptFormerLines', accountId),
    saveReceipt: (accountId, receipt) => callOne(writes, 'mirror.saveReceipt', { accountId, receipt }),
    checkPart: (accountId, check, limit) => callOne(reads, 'mirror.checkPart', { accountId, check, limit }),
    checkReceipt: (accountId, requestId) => callOne(reads, 'mirror.checkReceipt', { accountId, requestId }),
    saveOrders: (accountId, orders) => callOne(writes, 'mirror.saveOrders', { accountId, orders }),
    orders: (accountId) => callOne(reads, 'mirror.orders', accountId),
  };
}

function startWorker(databasePath: string, role: 'read' | 'write'): Worker {
  return new Worker(workerFile(), { workerData: { databasePath, role } });
}

/** From source the worker stands beside this file; a bundle has it as an entry of its own, beside or above this chunk. */
function workerFile(): string {
  const names = import.meta.url.endsWith('.ts') ? ['./store-worker.ts'] : ['./store-worker.js', '../store-worker.js'];
  const paths = names.map((name) => fileURLToPath(new URL(name, import.meta.url)));
  const found = paths.find((path) => existsSync(path));
  if (found === undefined) throw new Error('The database thread is missing from this installation.');
  return found;
}

/** Where a damaged file was put, or null. Throws what the thread says when it cannot open the file. */
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
    tell(value: T): void {
      for (const listener of listeners) listener(value);
    },
  };
}

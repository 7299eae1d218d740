import type { Worker } from 'node:worker_threads';
import { startThread } from '#proxy/start-thread.ts';
import type { Logger } from '#shared/ports.ts';
import type { StoreOptions } from './create-store.ts';
import { failureError, type OpenedFile, type StoreRole, type WorkerMessage } from './threads/channel.ts';
import type { Store } from './store.ts';

/**
 * Opens the app's database in a thread that writes and answers short reads. A second thread, which begins at the first
 * long query, answers those, so that they delay no row. The first one starts before the rest of the store is loaded, so
 * that both happen at once.
 */
export async function openStore({ databasePath, clock, logger }: StoreOptions): Promise<Store> {
  const writer = startStoreThread(databasePath, 'write');
  const [{ createStore }, { movedTo }] = await Promise.all([import('./create-store.ts'), opened(writer, logger)]);
  const start = (role: StoreRole) => startStoreThread(databasePath, role);
  return createStore({ databasePath, clock, logger }, { writer, movedTo, start });
}

/** What the writer found in the file. */
async function opened(writer: Worker, logger: Logger): Promise<OpenedFile> {
  const found = await untilReady(writer);
  const { movedTo, replayed, unreadable } = found;
  if (movedTo !== null) logger.error('store.damaged', { movedTo });
  if (replayed + unreadable > 0) logger.info('store.journal-replayed', { replayed, unreadable });
  return found;
}

/** Enough memory for one batch. Without a limit, each thread reserves much more for short-lived objects. */
const maxYoungGenerationSizeMb = 4;

function startStoreThread(databasePath: string, role: StoreRole): Worker {
  return startThread(import.meta.url, './threads/store-worker.ts', {
    workerData: { databasePath, role },
    resourceLimits: { maxYoungGenerationSizeMb },
  });
}

/** Rejects with what the thread reports when it cannot open the file. */
function untilReady(worker: Worker): Promise<OpenedFile> {
  return new Promise((resolve, reject) => {
    worker.once('message', (message: WorkerMessage) => {
      if (message.kind === 'ready') resolve(message.opened);
      else if (message.kind === 'refused') reject(failureError(message.failure));
    });
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('The database thread ended before it was ready.')));
  });
}

import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import type { Batch, WorkerMessage } from './channel.ts';
import { openDatabase, openForReading } from './open-database.ts';
import { journalOperations, readOperations, writeOperations } from './operations.ts';
import { failureOf, runReads, runWrites } from './run-batch.ts';

const allWrites = { ...journalOperations, ...writeOperations };
const dataSchema = z.object({ databasePath: z.string(), role: z.enum(['read', 'write']) });

/** One thread of the store: the writer, which opens and migrates the file, or the reader, which opens it at the first call. */
function run(port: NonNullable<typeof parentPort>): void {
  const { databasePath, role } = dataSchema.parse(workerData);
  const post = (message: WorkerMessage) => port.postMessage(message);
  const serve = role === 'write' ? openWriter(databasePath, post) : openReader(databasePath);
  if (!serve) return port.close();
  port.on('message', (message: Batch | 'close') => {
    if (message !== 'close') return post({ kind: 'results', number: message.number, results: serve.run(message.calls) });
    serve.close();
    port.close();
  });
}

function openWriter(path: string, post: (message: WorkerMessage) => void) {
  try {
    const { db, movedTo } = openDatabase(path);
    post({ kind: 'ready', movedTo });
    return { run: (calls: Batch['calls']) => runWrites(db, allWrites, calls), close: () => void db.close() };
  } catch (error) {
    const failure = failureOf(error);
    const message = failure.code === 'internal_error' ? `The database ${path} cannot be opened: ${failure.message}` : failure.message;
    post({ kind: 'refused', failure: { ...failure, code: 'storage_unavailable', message } });
    return null;
  }
}

function openReader(path: string) {
  let db: ReturnType<typeof openForReading> | null = null;
  return {
    run: (calls: Batch['calls']) => runReads(() => (db ??= openForReading(path)), readOperations, calls),
    close: () => void db?.close(),
  };
}

if (parentPort) run(parentPort);

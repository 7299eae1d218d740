import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { captureOperations, capturesPath, openCaptures } from '../requests/captures.ts';
import type { Batch, BatchAnswer, ToWorker, WorkerMessage } from './channel.ts';
import { openDatabase, openForReading } from '../database/open-database.ts';
import { readOperations, shortReads, wholeReads, writeOperations } from '../operations.ts';
import { replayJournal } from './replay-journal.ts';
import { decodeRecord } from '../requests/request-records.ts';
import { storeRoles } from './channel.ts';
import { failureOf, runReads, runWrites } from './run-batch.ts';

const dataSchema = z.object({ databasePath: z.string(), role: z.enum(storeRoles) });

interface Served {
  run(batch: Batch): BatchAnswer;
  close(): void;
}

/**
 * One thread of the store: the writer, which opens and migrates the file, or one that opens its file at the first call:
 * a reader, or the thread of captured bodies.
 */
function run(port: NonNullable<typeof parentPort>): void {
  const { databasePath, role } = dataSchema.parse(workerData);
  const post = (message: WorkerMessage) => port.postMessage(message);
  const open = { write: openWriter, read: openReader, captures: serveCaptures }[role];
  const served = open(databasePath, post);
  if (!served) return port.close();
  port.on('message', (message: ToWorker) => {
    if (message !== 'close') return post({ kind: 'answer', number: message.number, answer: served.run(message.batch) });
    served.close();
    port.close();
  });
}

function openWriter(path: string, post: (message: WorkerMessage) => void): Served | null {
  try {
    const { db, movedTo } = openDatabase(path);
    post({ kind: 'ready', opened: { movedTo, ...replayJournal(db, path) } });
    return {
      run({ records, calls }) {
        const isRead = records.length === 0 && calls.every(([name]) => name in shortReads);
        return isRead
          ? runReads(() => db, shortReads, calls)
          : runWrites(db, writeOperations, { records: records.map(decodeRecord), calls });
      },
      close: () => void db.close(),
    };
  } catch (error) {
    const failure = failureOf(error);
    const message =
      failure.code === 'internal_error' ? `The database ${path} cannot be opened: ${failure.message}` : failure.message;
    post({ kind: 'refused', failure: { code: 'storage_unavailable', message } });
    return null;
  }
}

function openReader(path: string): Served {
  let db: ReturnType<typeof openForReading> | null = null;
  return {
    run: ({ calls }) => runReads(() => (db ??= openForReading(path)), { ...readOperations, ...wholeReads }, calls),
    close: () => void db?.close(),
  };
}

function serveCaptures(databasePath: string): Served {
  let db: ReturnType<typeof openCaptures> | null = null;
  return {
    run: ({ calls }) => runReads(() => (db ??= openCaptures(capturesPath(databasePath))), captureOperations, calls),
    close: () => void db?.close(),
  };
}

if (parentPort) run(parentPort);

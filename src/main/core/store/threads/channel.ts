import type { Worker } from 'node:worker_threads';
import type { RequestSummary } from '#shared/account/request.ts';
import { CorvusError, type ErrorCode } from '#shared/errors.ts';

export const storeRoles = ['write', 'read', 'captures'] as const;
/** What a thread of the store does. */
export type StoreRole = (typeof storeRoles)[number];

/** A call of one operation, as it travels between the threads. */
export type Call = readonly [name: string, ...args: unknown[]];

/** What a thread does together: the writer applies the records, then runs the calls, in one transaction. */
export interface Batch {
  /** As the journal encodes them. None where the calls are reads. */
  records: readonly string[];
  calls: readonly Call[];
}

export interface BatchResult {
  /** Rows that the records changed. */
  rows: RequestSummary[];
  /** Why records could not be applied, one text each; the others were. */
  refused: string[];
  results: CallResult[];
}

export type CallResult = { ok: true; value: unknown } | { ok: false; failure: CallFailure };

export interface CallFailure {
  code: ErrorCode;
  message: string;
}

/** The disk cannot be used now, so nothing of the batch was done. */
export interface DiskTrouble {
  trouble: string;
}

export type BatchAnswer = BatchResult | DiskTrouble;

/** What the writer found when it opened the file. */
export interface OpenedFile {
  /** Where a damaged file was moved to, or null. */
  movedTo: string | null;
  /** Records of an earlier process that were written now. */
  replayed: number;
  /** Lines of its journal that could not be read. */
  unreadable: number;
}

export type WorkerMessage =
  | { kind: 'ready'; opened: OpenedFile }
  | { kind: 'refused'; failure: CallFailure }
  | { kind: 'answer'; number: number; answer: BatchAnswer };

export type ToWorker = { number: number; batch: Batch } | 'close';

export interface Channel {
  /** Rejects only when the thread is gone. */
  send(batch: Batch): Promise<BatchAnswer>;
  /** Resolves when everything sent before was answered and the thread has ended. */
  close(): Promise<void>;
}

/** Batches in, answers out; in the order they were sent. */
export function createChannel(worker: Worker): Channel {
  const waiting = new Map<number, { resolve(answer: BatchAnswer): void; reject(error: unknown): void }>();
  let sent = 0;
  let end: CorvusError | null = null;
  const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()));

  const fail = (cause?: unknown) => {
    end ??= new CorvusError('storage_unavailable', 'The database thread has ended.', {}, cause);
    for (const { reject } of waiting.values()) reject(end);
    waiting.clear();
  };
  worker.on('message', (message: WorkerMessage) => {
    if (message.kind !== 'answer') return;
    waiting.get(message.number)?.resolve(message.answer);
    waiting.delete(message.number);
  });
  worker.on('error', fail);
  worker.on('exit', () => fail());

  return {
    send: (batch) =>
      new Promise((resolve, reject) => {
        if (end) return reject(end);
        const number = (sent += 1);
        waiting.set(number, { resolve, reject });
        worker.postMessage({ number, batch } satisfies ToWorker);
      }),
    close() {
      if (!end) worker.postMessage('close' satisfies ToWorker);
      return gone;
    },
  };
}

/** What an operation refused, as its caller sees it. */
export function failureError({ code, message }: CallFailure): CorvusError {
  return code === 'internal_error'
    ? new CorvusError(code, undefined, {}, new Error(message))
    : new CorvusError(code, message);
}

export function troubleFailure({ trouble }: DiskTrouble): CallFailure {
  return { code: 'storage_unavailable', message: trouble };
}

import type { Worker } from 'node:worker_threads';
import { CorvusError, type ErrorCode } from '#shared/errors.ts';

/** A call of one operation, as it travels between the threads. */
export type Call = readonly [name: string, ...args: unknown[]];

export interface Batch {
  number: number;
  calls: readonly Call[];
}

export type CallResult = { ok: true; value: unknown } | { ok: false; failure: CallFailure };

export interface CallFailure {
  code: ErrorCode;
  message: string;
  /** The disk is the cause, so the same call may work later. */
  isDiskTrouble: boolean;
}

export type WorkerMessage =
  | { kind: 'ready'; movedTo: string | null }
  | { kind: 'refused'; failure: CallFailure }
  | { kind: 'results'; number: number; results: CallResult[] };

export interface Channel {
  /** Rejects only when the thread is gone; what an operation refuses is in its result. */
  send(calls: readonly Call[]): Promise<CallResult[]>;
  /** Resolves when everything sent before was answered and the thread has ended. */
  close(): Promise<void>;
}

/** Batches in, results out; in the order they were sent. */
export function createChannel(worker: Worker): Channel {
  const waiting = new Map<number, { resolve(results: CallResult[]): void; reject(error: unknown): void }>();
  let sent = 0;
  let end: CorvusError | null = null;
  const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()));

  const fail = (cause?: unknown) => {
    end ??= new CorvusError('storage_unavailable', 'The database thread has ended.', {}, cause);
    for (const { reject } of waiting.values()) reject(end);
    waiting.clear();
  };
  worker.on('message', (message: WorkerMessage) => {
    if (message.kind !== 'results') return;
    waiting.get(message.number)?.resolve(message.results);
    waiting.delete(message.number);
  });
  worker.on('error', fail);
  worker.on('exit', () => fail());

  return {
    send: (calls) =>
      new Promise((resolve, reject) => {
        if (end) return reject(end);
        const number = (sent += 1);
        waiting.set(number, { resolve, reject });
        worker.postMessage({ number, calls } satisfies Batch);
      }),
    close() {
      if (!end) worker.postMessage('close');
      return gone;
    },
  };
}

/** What an operation refused, as its caller sees it. */
export function failureError({ code, message }: CallFailure): CorvusError {
  return code === 'internal_error' ? new CorvusError(code, undefined, {}, new Error(message)) : new CorvusError(code, message);
}

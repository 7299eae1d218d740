import type { Worker } from 'node:worker_threads';
import type { BillingDocument } from '#shared/account/billing-documents.ts';
import { CorvusError } from '#shared/errors.ts';
import { startThread } from '#proxy/start-thread.ts';
import type { Rendered } from './document-worker.ts';

/** Renders billing documents as PDF files in a worker thread. */
export interface DocumentPress {
  /**
   * The document as a file. Throws `overloaded`, and `rate_limit_exceeded` where its account has too many under way.
   */
  render(billingDocument: BillingDocument): Promise<Uint8Array>;
  close(): Promise<void>;
}

const mostWaiting = 100;
const mostOfAccount = 20;
const mostCachedBytes = 16 * 1024 * 1024;
const retryAfterSeconds = 2;

interface Job {
  accountId: string;
  resolve(bytes: Uint8Array): void;
  reject(error: unknown): void;
}

/**
 * Rendering a page takes 20 ms and more, which would block all other requests. A document never changes, so its file is
 * cached, and concurrent requests for one document render it once. The thread starts with the first document, because
 * most instances and every sandbox never render one.
 * @param fonts for letters that the standard fonts lack
 */
export function createDocumentPress(fonts: readonly Buffer[]): DocumentPress {
  const made = createFileCache(mostCachedBytes);
  const underWay = new Map<string, Promise<Uint8Array>>();
  const jobs = new Map<number, Job>();
  let worker: Worker | null = null;
  let lastNumber = 0;

  function start(): Worker {
    const started = startThread(import.meta.url, './document-worker.ts', { workerData: { fonts } });
    started.on('message', (rendered: Rendered) => {
      const job = jobs.get(rendered.number);
      jobs.delete(rendered.number);
      if ('bytes' in rendered) job?.resolve(rendered.bytes);
      else job?.reject(new Error(rendered.error));
    });
    const fail = (cause: unknown): void => {
      if (worker === started) worker = null;
      for (const job of jobs.values())
        job.reject(
          new CorvusError('overloaded', 'The file could not be made now. Try again.', { retryAfterSeconds }, cause),
        );
      jobs.clear();
    };
    started.on('error', fail);
    started.on('exit', () => fail(new Error('the thread ended')));
    started.unref();
    return started;
  }

  function make(billingDocument: BillingDocument): Promise<Uint8Array> {
    refuseTooMany(jobs, billingDocument.accountId);
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    lastNumber += 1;
    jobs.set(lastNumber, { accountId: billingDocument.accountId, resolve, reject });
    worker ??= start();
    worker.postMessage({ number: lastNumber, billingDocument });
    return promise;
  }

  return {
    async render(billingDocument) {
      const key = JSON.stringify(billingDocument);
      const known = made.get(key);
      if (known) return known;
      const waiting = underWay.get(key) ?? make(billingDocument);
      underWay.set(key, waiting);
      try {
        const bytes = await waiting;
        made.set(key, bytes);
        return bytes;
      } finally {
        underWay.delete(key);
      }
    },
    async close() {
      await worker?.terminate();
    },
  };
}

/** Limits the queue to a few seconds of work, and the share of one account in it. */
function refuseTooMany(jobs: ReadonlyMap<number, Job>, accountId: string): void {
  const own = [...jobs.values()].filter((job) => job.accountId === accountId).length;
  if (own >= mostOfAccount) {
    const message = `${mostOfAccount} documents of this account are being made. Ask for the next one when one of these is done.`;
    throw new CorvusError('rate_limit_exceeded', message, { retryAfterSeconds });
  }
  if (jobs.size >= mostWaiting)
    throw new CorvusError('overloaded', 'Too many documents are being made. Try again soon.', { retryAfterSeconds });
}

/** The most recently requested files, up to so many bytes. */
function createFileCache(mostBytes: number) {
  const files = new Map<string, Uint8Array>();
  let bytes = 0;
  const forget = (key: string): void => {
    bytes -= files.get(key)?.byteLength ?? 0;
    files.delete(key);
  };
  const set = (key: string, file: Uint8Array): void => {
    forget(key);
    files.set(key, file);
    bytes += file.byteLength;
    for (const [oldest] of files) {
      if (bytes <= mostBytes) break;
      forget(oldest);
    }
  };
  return {
    set,
    get(key: string): Uint8Array | null {
      const file = files.get(key);
      if (!file) return null;
      set(key, file);
      return file;
    },
  };
}

import type { IncomingMessage } from 'node:http';
import { CorvusError } from '#shared/errors.ts';
import { type BodyWatch, watchBody } from './body-watch.ts';
import { decompressBody } from '../body/decompress-body.ts';
import { createChunkGatherer } from '../body/gather-chunks.ts';
import { createMemoryBudget, type MemoryShare } from '../body/memory-budget.ts';
import { Flow } from '../turns/flow.ts';
import { joinInTurns } from '../turns/in-turns.ts';
import type { Clock } from '#shared/ports.ts';
import { minuteMs } from '#shared/time.ts';

const mebibyte = 1024 * 1024;
const maxBodyBytes = 32 * mebibyte;
/** All bodies in memory at once: as they came, decoded, and as they are sent on. */
const maxBytesInFlight = 256 * mebibyte;
const bodyTimeoutMs = minuteMs;

/** A body in memory, and its share of the budget. */
export interface ReadBody {
  bytes: Buffer;
  memory: MemoryShare;
}

export interface BodyReader {
  /** A body that is going to be read. Errors that happen meanwhile are not lost. */
  expect(request: IncomingMessage): ExpectedBody;
}

export interface ExpectedBody {
  /**
   * The whole body, decoded. Throws `request_too_large`, `overloaded`, `unsupported_content_encoding`,
   * `request_timeout`, `bad_request`; then nothing of the budget is kept.
   * @param share whose part of the memory it uses; an owner may hold at most as much as it leaves to the others
   */
  read(share?: string): Promise<ReadBody>;
}

/** One reader per listener, so that its bodies share one memory budget. */
export function createBodyReader(clock: Pick<Clock, 'after'>): BodyReader {
  const budget = createMemoryBudget(maxBytesInFlight);

  async function read(request: IncomingMessage, watch: BodyWatch, share?: string): Promise<ReadBody> {
    refuseDeclaredSize(request);
    const memory = budget.open(share);
    try {
      const raw = await readRaw(request, { watch, memory, clock, owner: share ?? '' });
      return { bytes: await decompressBody(raw, request.headers['content-encoding'], memory, maxBodyBytes), memory };
    } catch (error) {
      memory.release();
      throw error;
    }
  }

  return {
    expect(request) {
      const watch = watchBody(request);
      return { read: (share) => read(request, watch, share) };
    },
  };
}

/** Refuses a body whose declared size is too large, before any of it is read. */
function refuseDeclaredSize(request: IncomingMessage): void {
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) throw new CorvusError('request_too_large');
}

interface Reading {
  watch: BodyWatch;
  memory: MemoryShare;
  clock: Pick<Clock, 'after'>;
  owner: string;
}

async function readRaw(request: IncomingMessage, { watch, memory, clock, owner }: Reading): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const gathered = createChunkGatherer();
  let total = 0;
  let isStopped = false;
  const flow = new Flow(() => void (isStopped || request.resume()), owner);
  const stop = (error: unknown) => {
    isStopped = true;
    request.off('data', onData);
    request.pause();
    reject(error);
  };
  const onData = (chunk: Buffer) => {
    total += chunk.length;
    if (total > maxBodyBytes) return stop(new CorvusError('request_too_large'));
    try {
      memory.take(chunk.length);
    } catch (error) {
      return stop(error);
    }
    gathered.add(chunk);
    // Otherwise two mebibytes of a large body are taken from its socket at a time.
    if (!flow.mayWork(chunk.length)) request.pause();
  };
  const brokeOff = () => reject(new CorvusError('bad_request', 'The request body broke off.'));
  if (watch.fault) throw watch.fault;
  watch.onFault = stop;
  const stopWaiting = clock.after(bodyTimeoutMs, () => stop(new CorvusError('request_timeout')));
  request.on('data', onData);
  request.once('end', () => resolve());
  request.once('error', brokeOff);
  request.once('close', () => {
    if (!request.complete) brokeOff();
  });
  if (request.destroyed && !request.complete) brokeOff();
  try {
    await promise;
  } finally {
    stopWaiting();
    watch.onFault = null;
  }
  return joinInTurns(gathered.pieces);
}

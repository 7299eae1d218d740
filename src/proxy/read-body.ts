import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, type InputType, zstdDecompress } from 'node:zlib';
import { CorvusError } from '#shared/errors.ts';
import { createMemoryBudget, type MemoryShare } from './memory-budget.ts';

const mebibyte = 1024 * 1024;
const maxBodyBytes = 32 * mebibyte;
/** All bodies in memory at once; beyond it new ones are turned away rather than the process killed. */
const maxBytesInFlight = 256 * mebibyte;

type Decompress = (input: InputType, options: { maxOutputLength: number }) => Promise<Buffer>;
const decompressors: Readonly<Record<string, Decompress>> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
  zstd: promisify(zstdDecompress),
};

/** A body in memory, and its share of the budget. */
export interface ReadBody {
  bytes: Buffer;
  release(): void;
}

export interface BodyReader {
  /**
   * The whole body, decoded. Throws `request_too_large`, `overloaded`, `unsupported_content_encoding`, `bad_request`.
   * @param share whose part of the memory it takes: nobody may have more of it than is left for the others
   */
  read(request: IncomingMessage, share?: string): Promise<ReadBody>;
}

/** One reader for a listener, so that its bodies share one memory budget. */
export function createBodyReader(): BodyReader {
  const budget = createMemoryBudget(maxBytesInFlight);

  async function read(request: IncomingMessage, share = ''): Promise<ReadBody> {
    refuseDeclaredSize(request);
    const memory = budget.open(share);
    try {
      const raw = await readRaw(request, memory);
      const bytes = await decompress(raw, request.headers['content-encoding']);
      if (bytes !== raw) memory.take(bytes.length);
      return { bytes, release: memory.release };
    } catch (error) {
      memory.release();
      throw error;
    }
  }

  return { read };
}

/** Refuses a body that says itself that it is too large, before any of it is read. */
function refuseDeclaredSize(request: IncomingMessage): void {
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) throw new CorvusError('request_too_large');
}

function readRaw(request: IncomingMessage, memory: MemoryShare): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let total = 0;
  const stop = (error: unknown) => {
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
    chunks.push(chunk);
  };
  const brokeOff = () => reject(new CorvusError('bad_request', 'The request body broke off.'));
  request.on('data', onData);
  request.once('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, total)));
  request.once('error', brokeOff);
  request.once('close', () => {
    if (!request.complete) brokeOff();
  });
  return promise;
}

async function decompress(raw: Buffer, encoding: string | undefined): Promise<Buffer> {
  const name = encoding?.trim().toLowerCase();
  if (!name || name === 'identity') return raw;
  const decode = decompressors[name];
  if (!decode) throw new CorvusError('unsupported_content_encoding');
  try {
    return await decode(raw, { maxOutputLength: maxBodyBytes });
  } catch (error) {
    if (error instanceof RangeError) throw new CorvusError('request_too_large');
    throw new CorvusError('bad_request', `The request body is not valid ${name}.`);
  }
}

import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, type InputType, zstdDecompress } from 'node:zlib';
import { CorvusError } from '#shared/errors.ts';

const mebibyte = 1024 * 1024;
export const maxBodyBytes = 32 * mebibyte;
/** All bodies in memory at once; beyond it new large ones are turned away rather than the process killed. */
const maxBytesInFlight = 256 * mebibyte;

type Decompress = (input: InputType, options: { maxOutputLength: number }) => Promise<Buffer>;
const decompressors: Readonly<Record<string, Decompress>> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
  zstd: promisify(zstdDecompress),
};

export interface BodyReader {
  /** The whole body, decoded. Throws `request_too_large`, `overloaded`, `unsupported_content_encoding`, `bad_request`. */
  read(request: IncomingMessage): Promise<Buffer>;
  /** Gives back what `read` took from the shared budget. */
  release(body: Buffer): void;
}

/** One reader for a listener, so that its bodies share one memory budget. */
export function createBodyReader(): BodyReader {
  let bytesInFlight = 0;
  return {
    async read(request) {
      const raw = await readRaw(request, (bytes) => bytesInFlight + bytes > maxBytesInFlight);
      const body = await decompress(raw, request.headers['content-encoding']);
      bytesInFlight += body.length;
      return body;
    },
    release(body) {
      bytesInFlight -= body.length;
    },
  };
}

function readRaw(request: IncomingMessage, isOverBudget: (bytes: number) => boolean): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > maxBodyBytes) return Promise.reject(new CorvusError('request_too_large'));
  if (isOverBudget(declared)) return Promise.reject(new CorvusError('overloaded', undefined, { retryAfterSeconds: 2 }));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let total = 0;
    const fail = (error: CorvusError) => {
      request.pause();
      request.removeAllListeners('data');
      reject(error);
    };
    request.on('data', (chunk: Buffer) => {
      total += chunk.length;
      if (total > maxBodyBytes) fail(new CorvusError('request_too_large'));
      else if (isOverBudget(total)) fail(new CorvusError('overloaded', undefined, { retryAfterSeconds: 2 }));
      else chunks.push(chunk);
    });
    request.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, total)));
    request.on('error', () => reject(new CorvusError('bad_request', 'The request body broke off.')));
    request.on('close', () => {
      if (!request.complete) reject(new CorvusError('bad_request', 'The request body broke off.'));
    });
  });
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

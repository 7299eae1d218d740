import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { CorvusError } from '#shared/errors.ts';
import { joinInTurns } from '../turns/in-turns.ts';
import type { MemoryShare } from './memory-budget.ts';

/** Larger bodies are decoded in pieces of this size; a smaller body is decoded into one of about its own size. */
const pieceBytes = 64 * 1024;
/** More would only wait for the same few threads, with their memory already taken. */
const maxAtOnce = 4;
/** Text shrinks ten- to fiftyfold. A higher ratio is an attack. */
const maxRatio = 500;
const ratioCountsFromBytes = 1024 * 1024;

type Decoder = Transform & { readonly bytesWritten: number };
const decoders: Readonly<Record<string, () => Decoder>> = {
  gzip: () => createGunzip({ chunkSize: pieceBytes }),
  'x-gzip': () => createGunzip({ chunkSize: pieceBytes }),
  deflate: () => createInflate({ chunkSize: pieceBytes }),
  br: () => createBrotliDecompress({ chunkSize: pieceBytes }),
  zstd: () => createZstdDecompress({ chunkSize: pieceBytes }),
};

let running = 0;
const waiting: (() => void)[] = [];

/**
 * A compressed body, decoded. Draws on the memory budget as it grows and stops at the budget, the size limit or the
 * ratio limit. The compressed bytes are given back. Throws `unsupported_content_encoding`, `request_too_large`,
 * `overloaded`, `bad_request`.
 */
export async function decompressBody(
  raw: Buffer,
  encoding: string | undefined,
  memory: MemoryShare,
  maxBytes: number,
): Promise<Buffer> {
  const name = encoding?.trim().toLowerCase();
  if (!name || name === 'identity') return raw;
  const createDecoder = Object.hasOwn(decoders, name) ? decoders[name] : undefined;
  if (!createDecoder) throw new CorvusError('unsupported_content_encoding');
  await startRunning();
  try {
    const decoded = await decode(createDecoder(), name, raw, memory, maxBytes);
    memory.give(raw.length);
    return decoded;
  } finally {
    stopRunning();
  }
}

async function startRunning(): Promise<void> {
  if (running >= maxAtOnce) await new Promise<void>((resolve) => waiting.push(resolve));
  else running += 1;
}

/** The next waiter takes the slot over. */
function stopRunning(): void {
  const next = waiting.shift();
  if (next) next();
  else running -= 1;
}

async function decode(
  decoder: Decoder,
  name: string,
  raw: Buffer,
  memory: MemoryShare,
  maxBytes: number,
): Promise<Buffer> {
  const limit = Math.min(maxBytes, Math.max(ratioCountsFromBytes, raw.length * maxRatio));
  const pieces: Buffer[] = [];
  let total = 0;
  decoder.end(raw);
  try {
    for await (const piece of decoder as AsyncIterable<Buffer>) {
      total += piece.length;
      if (total > limit) throw new CorvusError('request_too_large', tooLarge(total, maxBytes));
      memory.take(piece.length);
      pieces.push(piece);
    }
  } catch (error) {
    throw error instanceof CorvusError
      ? error
      : new CorvusError('bad_request', `The request body is not valid ${name}.`);
  } finally {
    decoder.destroy();
  }
  if (decoder.bytesWritten !== raw.length)
    throw new CorvusError('bad_request', `There is something behind the ${name} of the request body.`);
  if (pieces.length === 1 && pieces[0]) return pieces[0];
  // For a moment both copies are in memory.
  memory.take(total);
  const whole = await joinInTurns(pieces);
  memory.give(total);
  return whole;
}

function tooLarge(total: number, maxBytes: number): string | undefined {
  return total > maxBytes ? undefined : `The request body expands more than ${maxRatio}-fold: send it uncompressed.`;
}

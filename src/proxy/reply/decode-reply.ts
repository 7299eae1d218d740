import type { Transform } from 'node:stream';
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib';
import { CorvusError, toCorvusError } from '#shared/errors.ts';
import { headerText, type UpstreamReply } from './upstream-reply.ts';
import { ownMember } from '#shared/own-member.ts';

const maxDecodedBytes = 512 * 1024 * 1024;
/** Real text shrinks ten- to fiftyfold; a decompression bomb a thousandfold or more. */
const maxRatio = 500;
const ratioCountsFromBytes = 1024 * 1024;

const eachFlush = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
const gunzip = (): Transform => createGunzip(eachFlush);

/** By the first bytes of a body. */
const decoders: Readonly<Record<string, (first: Buffer) => Transform>> = {
  gzip: gunzip,
  'x-gzip': gunzip,
  // Some servers leave out the wrapper of zlib (RFC 9110, 8.4.1.2).
  deflate: (first) => (looksLikeZlib(first) ? createInflate(eachFlush) : createInflateRaw(eachFlush)),
  br: () => createBrotliDecompress({ flush: constants.BROTLI_OPERATION_FLUSH }),
  zstd: () => createZstdDecompress({ flush: constants.ZSTD_e_flush }),
};

/** The reply as plain bytes, for an upstream that compresses although it was asked not to, or without declaring it. */
export function decodeReply(reply: UpstreamReply): UpstreamReply {
  const encoding = headerText(reply.headers, 'content-encoding')?.trim().toLowerCase();
  if (!encoding || encoding === 'identity')
    return withDecoder(reply, (first) => (looksLikeGzip(first) ? gunzip() : null));
  const createDecoder = ownMember(decoders, encoding);
  if (createDecoder) return withDecoder(reply, createDecoder);
  reply.abort();
  throw new CorvusError('upstream_decompression_limit', 'The upstream answered in an encoding that was not asked for.');
}

/** Neither JSON nor an event stream begins like this. */
function looksLikeGzip(first: Buffer): boolean {
  return first[0] === 0x1f && first[1] === 0x8b;
}

/** Its method, and a sum that proves it (RFC 1950, 2.2). */
function looksLikeZlib([method = 0, flags = 0]: Buffer): boolean {
  return (method & 0x0f) === 8 && (method * 256 + flags) % 31 === 0;
}

/** So many bytes tell how a body is compressed. The first chunk may have fewer. */
const tellingBytes = 2;

/** Decides by the first bytes whether the body runs through a decoder. */
function withDecoder(reply: UpstreamReply, choose: (first: Buffer) => Transform | null): UpstreamReply {
  let decoding: Decoding | null = null;
  return {
    ...reply,
    async read(onChunk) {
      let first: Buffer | null = Buffer.alloc(0);
      const take = (chunk: Buffer): void => {
        if (decoding) decoding.write(chunk);
        else onChunk(chunk);
      };
      const begin = (beginning: Buffer): void => {
        first = null;
        const decoder = choose(beginning);
        if (decoder) decoding = startDecoding(decoder, reply, onChunk);
        take(beginning);
      };
      try {
        await reply.read((chunk) => {
          if (!first) return take(chunk);
          first = first.length === 0 ? chunk : Buffer.concat([first, chunk]);
          if (first.length >= tellingBytes) begin(first);
        });
        if (first?.length) begin(first);
      } catch (error) {
        decoding?.destroy();
        throw decoding?.failure() ?? error;
      }
      await decoding?.finish();
    },
    pause() {
      decoding?.pause();
      reply.pause();
    },
    resume() {
      decoding?.resume();
      reply.resume();
    },
  };
}

type Decoding = ReturnType<typeof startDecoding>;

function startDecoding(decoder: Transform, reply: UpstreamReply, onChunk: (chunk: Buffer) => void) {
  const ended = Promise.withResolvers<void>();
  ended.promise.catch(() => {});
  let encodedBytes = 0;
  let decodedBytes = 0;
  let failure: CorvusError | null = null;
  const fail = (error: CorvusError) => {
    failure ??= error;
    decoder.destroy();
    ended.reject(failure);
    reply.abort();
  };
  // Thrown here it would end the process.
  const deliver = (chunk: Buffer) => {
    try {
      onChunk(chunk);
    } catch (error) {
      fail(toCorvusError(error));
    }
  };
  decoder.on('data', (chunk: Buffer) => {
    decodedBytes += chunk.length;
    const isBomb = decodedBytes > ratioCountsFromBytes && decodedBytes > maxRatio * encodedBytes;
    if (isBomb || decodedBytes > maxDecodedBytes) fail(new CorvusError('upstream_decompression_limit'));
    else if (!failure) deliver(chunk);
  });
  decoder.on('end', () => ended.resolve());
  decoder.on('error', (error) =>
    fail(
      new CorvusError('upstream_interrupted', 'The upstream sent a compressed answer that cannot be read.', {}, error),
    ),
  );
  decoder.on('drain', () => reply.resume());
  return {
    write(chunk: Buffer) {
      encodedBytes += chunk.length;
      // Undelivered output must not pile up behind a slow client.
      if (!failure && !decoder.write(chunk)) reply.pause();
    },
    pause: () => decoder.pause(),
    resume: () => decoder.resume(),
    failure: () => failure,
    destroy: () => decoder.destroy(),
    finish(): Promise<void> {
      if (!failure) decoder.end();
      return ended.promise;
    },
  };
}

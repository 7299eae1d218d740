import type { Transform } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { CorvusError } from '#shared/errors.ts';
import type { UpstreamReply } from './upstream-reply.ts';

const maxDecodedBytes = 512 * 1024 * 1024;
/** Real text shrinks ten- to fiftyfold; a bomb ten-thousandfold. */
const maxRatio = 2000;

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: () => createGunzip({ flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH }),
  'x-gzip': () => createGunzip({ flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH }),
  deflate: () => createInflate({ flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH }),
  br: () => createBrotliDecompress({ flush: constants.BROTLI_OPERATION_FLUSH }),
  zstd: () => createZstdDecompress(),
};

/** The reply as plain bytes, for an upstream that compresses although it was asked not to. Plain replies pass as they are. */
export function decodeReply(reply: UpstreamReply): UpstreamReply {
  const encoding = reply.headers['content-encoding']?.trim().toLowerCase();
  if (!encoding || encoding === 'identity') return reply;
  const createDecoder = decoders[encoding];
  if (!createDecoder) {
    reply.abort();
    throw new CorvusError('upstream_decompression_limit', 'The upstream answered in an encoding that was not asked for.');
  }
  const { 'content-encoding': _encoding, 'content-length': _length, ...headers } = reply.headers;
  const decoder = createDecoder();
  return {
    ...reply,
    headers,
    read: (onChunk) => readDecoded(reply, decoder, onChunk),
    pause() {
      decoder.pause();
      reply.pause();
    },
    resume() {
      decoder.resume();
      reply.resume();
    },
  };
}

async function readDecoded(reply: UpstreamReply, decoder: Transform, onChunk: (chunk: Buffer) => void): Promise<void> {
  let encodedBytes = 0;
  let decodedBytes = 0;
  const decoded = new Promise<void>((resolve, reject) => {
    decoder.on('data', (chunk: Buffer) => {
      decodedBytes += chunk.length;
      if (decodedBytes > maxDecodedBytes || decodedBytes > maxRatio * Math.max(encodedBytes, 1024)) {
        reply.abort();
        reject(new CorvusError('upstream_decompression_limit'));
      } else onChunk(chunk);
    });
    decoder.on('end', resolve);
    decoder.on('error', (error) => reject(new CorvusError('upstream_interrupted', undefined, {}, error)));
  });
  const read = reply.read((chunk) => {
    encodedBytes += chunk.length;
    decoder.write(chunk);
  });
  await Promise.all([decoded, read.then(() => decoder.end())]);
}

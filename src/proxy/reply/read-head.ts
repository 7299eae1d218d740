import type { UpstreamReply } from './upstream-reply.ts';
import { whenAborted } from '#shared/when-aborted.ts';

/** Enough to see how a reply begins. A whole reply that is longer is no error message. */
const longestHeadBytes = 64 * 1024;

/** Watches a reply's beginning as it grows. */
export interface Watch {
  /** Whether enough was seen. */
  take(chunk: Buffer): boolean;
  /** Called once enough was seen; the watch itself may call it. */
  onEnough?(stop: () => void): void;
  end?(): void;
}

/**
 * Reads until enough was seen, the end, a failure or the limit; an abort until then ends the reply. `rest` delivers
 * what was read and then what follows.
 */
export async function readHead(
  reply: UpstreamReply,
  watch: Watch | null,
  signal: AbortSignal,
): Promise<{ head: Buffer; isEnded: boolean; rest: UpstreamReply }> {
  const chunks: Buffer[] = [];
  const seen = Promise.withResolvers<boolean>();
  let deliver: ((chunk: Buffer) => void) | null = null;
  let bytes = 0;
  let isEnough = false;
  const stop = () => {
    if (isEnough) return;
    isEnough = true;
    reply.pause();
    seen.resolve(false);
  };
  watch?.onEnough?.(stop);
  const forget = whenAborted(signal, () => reply.abort());
  const reading = reply.read((chunk) => {
    if (deliver) return deliver(chunk);
    chunks.push(chunk);
    bytes += chunk.length;
    if (!isEnough && (watch?.take(chunk) || bytes > longestHeadBytes)) stop();
  });
  reading.then(
    () => seen.resolve(true),
    (error: unknown) => seen.reject(error),
  );
  try {
    const isEnded = await seen.promise;
    const rest: UpstreamReply = {
      ...reply,
      read(onChunk) {
        for (const chunk of chunks.splice(0)) onChunk(chunk);
        deliver = onChunk;
        if (isEnough) reply.resume();
        return reading;
      },
    };
    return { head: Buffer.concat(chunks), isEnded, rest };
  } finally {
    forget();
    watch?.end?.();
  }
}

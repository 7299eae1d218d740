import type { IncomingHttpHeaders } from 'node:http';
import { CorvusError, toCorvusError } from '#shared/errors.ts';
import type { BuiltinReply } from '../call.ts';
import { whenAborted } from '#shared/when-aborted.ts';

/** An upstream's answer once its headers are in. The body is read at the reader's pace. */
export interface UpstreamReply {
  status: number;
  headers: IncomingHttpHeaders;
  /** Delivers the body in order. Resolves at its end, rejects with a `CorvusError` when it breaks off. Call once. */
  read(onChunk: (chunk: Buffer) => void): Promise<void>;
  /** Asks for a pause. A few chunks that are on their way may still come. */
  pause(): void;
  resume(): void;
  /** Closes the upstream at once; a `read` under way rejects. Safe after the end. */
  abort(): void;
}

/** A header as one text, however often an upstream sent it. */
export function headerText(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** Why a reply that has to be read as a whole is given up. */
export function tooLargeAsWhole(): CorvusError {
  return new CorvusError(
    'upstream_interrupted',
    'The upstream sent an answer that is too large to be read as a whole.',
  );
}

/** The reply under another content type. */
export function withType(reply: UpstreamReply, type: string): UpstreamReply {
  const { 'content-length': _length, ...headers } = reply.headers;
  return { ...reply, headers: { ...headers, 'content-type': type } };
}

/** The reply with another JSON text for its body. Its own must have been read to the end. */
export function textReply(reply: UpstreamReply, text: string): UpstreamReply {
  return {
    ...withType(reply, 'application/json'),
    async read(onChunk) {
      onChunk(Buffer.from(text));
    },
  };
}

/** A built-in model's answer in the shape of an upstream's. */
export function builtinUpstreamReply(reply: BuiltinReply, controller: AbortController): UpstreamReply {
  let gate: PromiseWithResolvers<void> | null = null;
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => {});
  whenAborted(controller.signal, () => aborted.reject(new CorvusError('upstream_interrupted')));

  async function read(onChunk: (chunk: Buffer) => void): Promise<void> {
    const chunks = reply.body[Symbol.asyncIterator]();
    try {
      for (;;) {
        if (gate) await Promise.race([gate.promise, aborted.promise]);
        const next = await Promise.race([chunks.next(), aborted.promise]);
        if (next.done) return;
        onChunk(next.value);
      }
    } catch (error) {
      // A model that waits for something else learns of the end when it comes back; nothing waits for it.
      void chunks.return?.()?.catch(() => {});
      throw toCorvusError(error);
    }
  }

  return {
    status: reply.status,
    headers: { ...reply.headers },
    read,
    pause() {
      gate ??= Promise.withResolvers<void>();
    },
    resume() {
      gate?.resolve();
      gate = null;
    },
    abort: () => controller.abort(),
  };
}

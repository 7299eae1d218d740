import type { IncomingHttpHeaders } from 'node:http';
import type { BuiltinReply } from './call.ts';

/** An upstream's answer once its headers are in; the body is read at the reader's pace. */
export interface UpstreamReply {
  status: number;
  headers: IncomingHttpHeaders;
  /** Delivers the body in order. Resolves at its end, rejects with a `CorvusError` when it breaks off. Call once. */
  read(onChunk: (chunk: Buffer) => void): Promise<void>;
  pause(): void;
  resume(): void;
  /** Closes the upstream at once; a `read` under way rejects. Safe after the end. */
  abort(): void;
}

/** A built-in model's answer in the shape of an upstream's. */
export function builtinUpstreamReply(reply: BuiltinReply, controller: AbortController): UpstreamReply {
  let gate: { promise: Promise<void>; open: () => void } | null = null;
  return {
    status: reply.status,
    headers: { ...reply.headers },
    async read(onChunk) {
      for await (const chunk of reply.body) {
        if (gate) await gate.promise;
        controller.signal.throwIfAborted();
        onChunk(chunk);
      }
    },
    pause() {
      if (gate) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = { promise, open: resolve };
    },
    resume() {
      gate?.open();
      gate = null;
    },
    abort() {
      controller.abort();
      gate?.open();
    },
  };
}

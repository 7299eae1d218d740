import { pause, whenAborted } from '#shared/when-aborted.ts';
import { CorvusError } from '#shared/errors.ts';
import type { EchoAnswer } from './plan-answer.ts';

/** Answers with the pauses, the break and the silence of a script. Rejects when the reader has left. */
interface Pacer {
  beforeWhole(answer: EchoAnswer, signal: AbortSignal): Promise<void>;
  /** Yields at the reader's pace. */
  stream(chunks: Iterable<string>, answer: EchoAnswer, signal: AbortSignal): AsyncGenerator<Buffer>;
}

/** @param after runs `task` once after `delayMs` unless the returned function is called first */
export function createPacer(after: (delayMs: number, task: () => void) => () => void): Pacer {
  async function wait(delayMs: number, signal: AbortSignal): Promise<void> {
    await pause({ after }, delayMs, signal);
    if (signal.aborted) throw new Error('The reader left.');
  }

  return {
    async beforeWhole({ script }, signal) {
      if (script.delayMs > 0) await wait(script.delayMs, signal);
      if (script.stalls) await untilAborted(signal);
    },
    async *stream(chunks, { script }, signal) {
      let sent = 0;
      for (const chunk of chunks) {
        if (signal.aborted) return;
        if (script.cutAfterChunks !== null && sent >= script.cutAfterChunks)
          throw new CorvusError('upstream_interrupted', 'The script broke the stream off here.');
        if (sent > 0 && script.stalls) await untilAborted(signal);
        if (sent > 0 && script.delayMs > 0) await wait(script.delayMs, signal);
        yield Buffer.from(chunk);
        sent += 1;
      }
    },
  };
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    whenAborted(signal, () => reject(new Error('The reader left.')));
  });
}

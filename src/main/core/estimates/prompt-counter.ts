import type { Worker } from 'node:worker_threads';
import { startThread } from '#proxy/start-thread.ts';
import type { Clock } from '#shared/ports.ts';
import { minuteMs } from '#shared/time.ts';
import type { CountAnswer, Measured } from './count-worker.ts';
import type { Tokenizer } from './tokenizers.ts';

/** Some texts take a tokenizer minutes: a hundred thousand letters without a space. */
const longestCountMs = 10_000;
const idleMs = minuteMs;

/** Measures prompts in a thread of its own, which is there only while it is asked. */
export interface PromptCounter {
  /** null: it is no prompt, or took too long to count. */
  measure(body: Buffer, tokenizer: Tokenizer | null): Promise<Measured | null>;
  close(): Promise<void>;
}

interface Running {
  worker: Worker;
  waiting: Map<number, (measured: Measured | null) => void>;
}

export function createPromptCounter({ after }: Pick<Clock, 'after'>): PromptCounter {
  let running: Running | null = null;
  let stopIdling = (): void => {};
  let lastNumber = 0;

  function start(): Running {
    const worker = startThread(import.meta.url, './count-worker.ts');
    const started: Running = { worker, waiting: new Map() };
    worker.on('message', ({ number, measured }: CountAnswer) => started.waiting.get(number)?.(measured));
    worker.on('error', () => void end(started));
    worker.on('exit', () => void end(started));
    return started;
  }

  async function end(ended: Running): Promise<void> {
    if (running === ended) running = null;
    for (const resolve of ended.waiting.values()) resolve(null);
    await ended.worker.terminate();
  }

  return {
    async measure(body, tokenizer) {
      stopIdling();
      const asked = (running ??= start());
      const number = (lastNumber += 1);
      const stopWaiting = after(longestCountMs, () => void end(asked));
      const { promise, resolve } = Promise.withResolvers<Measured | null>();
      asked.waiting.set(number, resolve);
      // Only an answer that is waited for keeps the process.
      asked.worker.ref();
      asked.worker.postMessage({ number, body, tokenizer });
      try {
        return await promise;
      } finally {
        stopWaiting();
        asked.waiting.delete(number);
        if (asked.waiting.size === 0) asked.worker.unref();
        stopIdling();
        stopIdling = after(idleMs, () => {
          if (asked.waiting.size === 0) void end(asked);
        });
      }
    },
    async close() {
      stopIdling();
      if (running) await end(running);
    },
  };
}

import type { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { startThread } from '#proxy/start-thread.ts';
import type { RunningSandbox, SandboxHost } from '#core/ports.ts';

const readySchema = z.object({
  event: z.literal('ready'),
  baseUrl: z.string(),
  customerKey: z.string(),
  movedTo: z.string().nullable(),
});

/** Runs the hosted service with play money in a worker thread of this process. */
export const sandbox: SandboxHost = {
  async start({ databasePath }): Promise<RunningSandbox> {
    const worker = startThread(import.meta.url, './sandbox-worker.ts', { workerData: { databasePath } });
    // Registered from the start: a thread that has ended sends no second exit event.
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    const { baseUrl, customerKey, movedTo } = await untilReady(worker);
    worker.unref();
    return {
      baseUrl,
      customerKey,
      movedTo,
      stop() {
        worker.ref();
        worker.postMessage('stop');
        return ended;
      },
    };
  },
};

function untilReady(worker: Worker): Promise<z.infer<typeof readySchema>> {
  return new Promise((resolve, reject) => {
    worker.once('message', (message) => resolve(readySchema.parse(message)));
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('The play-money service stopped before it was ready.')));
  });
}

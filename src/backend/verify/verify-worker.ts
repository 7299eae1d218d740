import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { proveFile } from './prove-file.ts';

const dataSchema = z.object({ path: z.string() });

/** The last message of a thread that verifies a SQLite file. */
export type Proof = { kind: 'proved'; faults: string[] } | { kind: 'failed'; error: unknown };

if (parentPort) {
  const { path } = dataSchema.parse(workerData);
  const proof: Proof = await proveFile(path).then(
    (faults) => ({ kind: 'proved', faults }),
    (error: unknown) => ({ kind: 'failed', error: error instanceof Error ? error.message : String(error) }),
  );
  parentPort.postMessage(proof);
}

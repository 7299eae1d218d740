import { existsSync } from 'node:fs';
import { getCompileCacheDir } from 'node:module';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * Starts a worker thread. In the source its program has a place of its own; a bundle has it as an entry of its own,
 * beside or above the chunk that its starter became.
 * @param from `import.meta.url` of the module that starts the thread
 * @param source the program's path from that module, such as `./store-worker.ts`
 */
export function startThread(from: string, source: string, options: WorkerOptions = {}): Worker {
  return new Worker(workerFile(from, source), { ...options, env: environmentOfThread() });
}

function workerFile(from: string, source: string): string {
  const bundled = `${basename(source, '.ts')}.js`;
  const names = from.endsWith('.ts') ? [source] : [`./${bundled}`, `../${bundled}`];
  const found = names.map((name) => fileURLToPath(new URL(name, from))).find((path) => existsSync(path));
  if (found === undefined) throw new Error(`${bundled} is missing from this installation.`);
  return found;
}

/** A thread finds its starter's folder of compiled code only in a variable, which other programs must not inherit. */
function environmentOfThread(): NodeJS.ProcessEnv {
  const folder = getCompileCacheDir();
  return folder === undefined ? process.env : { NODE_COMPILE_CACHE: dirname(folder), ...process.env };
}

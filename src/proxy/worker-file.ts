import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Where the program of a worker thread is. In the source it has a place of its own; a bundle has it as an entry of its
 * own, beside or above the chunk that its starter became.
 * @param from `import.meta.url` of the module that starts the thread
 * @param source the program's path from that module, such as `./store-worker.ts`
 */
export function workerFile(from: string, source: string): string {
  const bundled = `${basename(source, '.ts')}.js`;
  const names = from.endsWith('.ts') ? [source] : [`./${bundled}`, `../${bundled}`];
  const found = names.map((name) => fileURLToPath(new URL(name, from))).find((path) => existsSync(path));
  if (found === undefined) throw new Error(`${bundled} is missing from this installation.`);
  return found;
}

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Where the program of a worker thread is. From source it stands in its own folder; a bundle has it as an entry of its own, beside or above
 * the chunk that this became.
 * @param source its path from this file, such as `../documents/billingDocument-worker.ts`
 */
export function workerFile(source: string): string {
  const bundled = source.slice(source.lastIndexOf('/') + 1).replace(/\.ts$/, '.js');
  const names = import.meta.url.endsWith('.ts') ? [`./${source}`] : [`./${bundled}`, `../${bundled}`];
  const found = names.map((name) => fileURLToPath(new URL(name, import.meta.url))).find((path) => existsSync(path));
  if (found === undefined) throw new Error(`${bundled} is missing from this installation.`);
  return found;
}

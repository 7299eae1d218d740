import process from 'node:process';
import { fileURLToPath } from 'node:url';

/**
 * What tests start in threads and processes of their own, such as an app's store, is compiled once instead of at every
 * start.
 */
export function keepCompiledCode(): void {
  process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('../../node_modules/.cache/compiled', import.meta.url));
}

import { fileURLToPath } from 'node:url';

/** The built command line: what users start, ready in half the time that its sources need. */
export const builtCli = fileURLToPath(new URL('../../out/main/cli.js', import.meta.url));

/** The built hosted service. */
export const builtBackend = fileURLToPath(new URL('../../out/main/backend.js', import.meta.url));

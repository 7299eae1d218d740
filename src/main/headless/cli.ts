#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { insistOnCertificates } from '#shared/insist-on-certificates.ts';

// Everything this process creates is for this user alone, including SQLite's files.
const inheritedUmask = process.umask(0o077);

// Next to the program, not in the shared temporary folder, because the cached code is executed. The next build empties
// it.
if (import.meta.filename.endsWith('.js')) enableCompileCache(join(import.meta.dirname, '.compile-cache'));

const warning = insistOnCertificates(process.env);
if (warning !== null) process.stderr.write(warning);

// Only modules loaded from here on are cached in compiled form.
const [{ runCli }, { processIo }] = await Promise.all([import('./run-cli.ts'), import('./output.ts')]);
// Leftover handles (idle sockets, timers) must not keep a finished command alive.
process.exit(await runCli(process.argv.slice(2), processIo(inheritedUmask)));

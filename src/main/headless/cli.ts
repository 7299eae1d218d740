#!/usr/bin/env node
import { insistOnCertificates } from '#shared/insist-on-certificates.ts';
import { processIo } from './output.ts';
import { runCli } from './run-cli.ts';

// Everything this process creates is for this user alone, including SQLite's files.
const inheritedUmask = process.umask(0o077);

const warning = insistOnCertificates(process.env);
if (warning !== null) process.stderr.write(warning);

// Leftover handles (idle sockets, timers) must not keep a finished command alive.
process.exit(await runCli(process.argv.slice(2), processIo(inheritedUmask)));

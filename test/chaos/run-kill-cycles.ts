// `npm run chaos -- [cycles] [seed]`: kill -9 under load on each database, and what it cost.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startPostgres } from '../support/postgres/server.ts';
import { runKillCycles } from './kill-cycles.ts';

const [cycles = 2_000, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), 'corvus-chaos-'));
const server = await startPostgres({});
const admin = new pg.Client(server.urlOf('postgres'));
await admin.connect();
await admin.query('create database chaos');
await admin.end();
let failed = 0;
for (const [name, place] of [
  ['SQLite', join(folder, 'chaos.db')],
  ['PostgreSQL', server.urlOf('chaos')],
] as const) {
  const startedMs = performance.now();
  const onProgress = (cycle: number): void => {
    if (cycle % 100 === 0) process.stderr.write(`${name}: ${cycle} of ${cycles}\n`);
  };
  const report = await runKillCycles(place, { cycles, verifyEvery: 100, seed, onProgress });
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
  process.stdout.write(
    `${name}: ${report.cycles} kills in ${seconds} s, seed ${seed}: ${report.settled} settlements and ${report.credited} top-ups were acknowledged, ${report.faults.length} faults\n`,
  );
  for (const fault of report.faults) process.stdout.write(`  ${fault}\n`);
  failed += report.faults.length;
}
await server.stop();
rmSync(folder, { recursive: true, force: true });
process.exitCode = failed === 0 ? 0 : 1;

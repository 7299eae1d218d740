// `npm run bench:ledger`: what the ledger does on this machine, on both databases with their default durability: every
// commit waits for the disk.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { openDatabase } from '#backend/database/open-database.ts';
import { verifyLedger } from '#backend/verify/verify-ledger.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres/server.ts';
import { fillLedger } from './fill-ledger.ts';
import { holdsOnOneBalance, manyAccounts, type RaceTotals, requestsOnOneBalance } from './ledger-loads.ts';

const folder = mkdtempSync(join(tmpdir(), 'corvus-ledger-bench-'));
const movements = Number(process.argv[2] ?? 1_000_000);
let databases = 0;

interface Setup {
  name: string;
  instances: number;
  newPlace(): Promise<string>;
}

async function measure({ name, instances, newPlace }: Setup): Promise<Record<string, string>> {
  process.stderr.write(`${name} …\n`);
  const holds = await holdsOnOneBalance(await newPlace(), instances);
  const requests = await requestsOnOneBalance(await newPlace(), instances);
  const rate = await manyAccounts(await newPlace(), instances, 64, 20_000);
  return {
    database: name,
    '10,000 holds, one balance': raceText(holds),
    '10,000 requests, one balance': raceText(requests),
    'movements a second, 1,000 accounts': rate.toFixed(0),
  };
}

function raceText({ served, seconds, left }: RaceTotals): string {
  return `${seconds.toFixed(1)} s, ${served} served, ${left} left`;
}

async function measureProof(name: string, place: string): Promise<Record<string, string>> {
  process.stderr.write(`${name}: filling the ledger with ${movements} movements …\n`);
  await fillLedger(place, movements, (done) => process.stderr.write(`${done}\n`));
  const db = await openDatabase(place);
  const startedMs = performance.now();
  const faults = await verifyLedger(db);
  const seconds = (performance.now() - startedMs) / 1000;
  await db.destroy();
  if (faults.length > 0) throw new Error(faults.join('\n'));
  return { database: name, movements: String(movements), 'verify, seconds': seconds.toFixed(1) };
}

function newFile(): Promise<string> {
  databases += 1;
  return Promise.resolve(join(folder, `bench-${databases}.db`));
}

function onServer(server: PostgresServer): () => Promise<string> {
  return async () => {
    databases += 1;
    const client = new pg.Client(server.urlOf('postgres'));
    await client.connect();
    await client.query(`create database bench_${databases}`);
    await client.end();
    return server.urlOf(`bench_${databases}`);
  };
}

const server = await startPostgres({});
try {
  const newDatabase = onServer(server);
  const setups: Setup[] = [
    { name: 'SQLite, one instance', instances: 1, newPlace: newFile },
    { name: 'PostgreSQL, one instance', instances: 1, newPlace: newDatabase },
    { name: 'PostgreSQL, three instances', instances: 3, newPlace: newDatabase },
  ];
  const totals: Record<string, string>[] = [];
  for (const setup of setups) totals.push(await measure(setup));
  console.table(totals);
  console.table([await measureProof('SQLite', await newFile()), await measureProof('PostgreSQL', await newDatabase())]);
} finally {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createAccount } from '#backend/accounts/create-account.ts';
import { type Db, openDatabase } from '#backend/database/open-database.ts';
import { openPlatformAccounts } from '#backend/store/ledger-store.ts';
import { verifyLedger } from '#backend/verify/verify-ledger.ts';
import { systemRandom } from '#backend/runtime/system-ports.ts';
import { nanoUsd } from '#shared/money.ts';

export interface KillReport {
  cycles: number;
  /** What the killed processes had acknowledged. */
  settled: number;
  credited: number;
  /** Acknowledged work that is missing, and the ledger's faults; empty when all is right. */
  faults: string[];
}

interface KillOptions {
  cycles: number;
  /** The ledger is verified after every so many. */
  verifyEvery: number;
  seed: number;
  onProgress?(cycle: number): void;
}

const worker = join(import.meta.dirname, 'kill-worker.ts');
const accounts = 4;
const longestLifeMs = 150;

/**
 * Starts a service's ledger under load and kills it with SIGKILL at a random moment, again and again, on one database.
 */
export async function runKillCycles(
  place: string,
  { cycles, verifyEvery, seed, onProgress }: KillOptions,
): Promise<KillReport> {
  const db = await openDatabase(place);
  await openPlatformAccounts(db);
  const customers: string[] = [];
  for (let number = 0; number < accounts; number += 1) {
    const account = await createAccount(db, systemRandom, 1, {
      label: 'load',
      grant: nanoUsd(20_000n),
      grantDescription: 'grant',
      plan: 'tokens',
    });
    customers.push(`${account.accountId}/${account.customerKeyId}`);
  }
  const random = mulberry(seed);
  const report: KillReport = { cycles: 0, settled: 0, credited: 0, faults: [] };
  for (let cycle = 1; cycle <= cycles && report.faults.length === 0; cycle += 1) {
    const promises = await runOnce(place, customers.join(','), random() * longestLifeMs);
    const { settled, credited } = await count(db, promises, report.faults);
    report.cycles = cycle;
    report.settled += settled;
    report.credited += credited;
    if (cycle % verifyEvery === 0 || cycle === cycles) report.faults.push(...(await verifyLedger(db, () => true)));
    onProgress?.(cycle);
  }
  await db.destroy();
  return report;
}

/** @returns every line that the process wrote before it was killed */
async function runOnce(place: string, customers: string, lifeMs: number): Promise<string[]> {
  const env = { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'corvus-chaos-cache') };
  const child = spawn(process.execPath, [worker, place, customers], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => {
    lines.push(line);
    if (line === 'ready') setTimeout(() => child.kill('SIGKILL'), lifeMs);
  });
  await Promise.all([ended, once(reader, 'close')]);
  return lines;
}

async function count(
  db: Db,
  promises: readonly string[],
  faults: string[],
): Promise<{ settled: number; credited: number }> {
  if (!promises.includes('ready')) faults.push('A process ended before it was ready.');
  const settled = promises.map((line) => /^settled (\S+) (\d+)$/.exec(line)).filter((match) => match !== null);
  const credited = promises.map((line) => /^credited (\S+)$/.exec(line)).filter((match) => match !== null);
  for (const [, id = '', cost = ''] of settled) {
    const row = await db.selectFrom('requests').select(['status', 'cost']).where('id', '=', id).executeTakeFirst();
    if (row?.status !== 'settled' || row.cost !== BigInt(cost))
      faults.push(`${id} was acknowledged as settled for ${cost}.`);
  }
  for (const [, id = ''] of credited) {
    const row = await db.selectFrom('orders').select('status').where('id', '=', id).executeTakeFirst();
    if (row?.status !== 'paid_confirmed') faults.push(`${id} was acknowledged as credited.`);
  }
  return { settled: settled.length, credited: credited.length };
}

/** Pseudo-random numbers, the same for the same seed. */
function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

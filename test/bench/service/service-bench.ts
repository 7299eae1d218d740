// `npm run bench:service -- [requests a second] [accounts]`: how many calls a second a single account gets, 32 at once;
// then what reserving and settling adds to a request under load, beside the same engine without, and with nothing but
// the ledger.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { z } from 'zod';
import catalogue from '../../../resources/price-catalogue.json' with { type: 'json' };
import { startPostgres } from '../../support/postgres/server.ts';
import { chatOf } from '../calls.ts';
import { hasWrk, loads } from '../measure.ts';
import type { BenchTarget } from '../targets.ts';
import { compare, type LoadTarget } from './open-loop.ts';

const perSecond = Number(process.argv[2] ?? 150);
const accounts = Number(process.argv[3] ?? 50);
const hotAtOnce = 32;
const pidOf = new Map<string, number | undefined>();
const adminToken = 'bench-operator-token-0123456789-abcdef';
const folder = mkdtempSync(join(tmpdir(), 'corvus-service-bench-'));
const running: ChildProcess[] = [];
const keySchema = z.object({ accountId: z.string(), customerKey: z.string() });

async function start(script: string, parameters: string[], settings: Record<string, string> = {}): Promise<string> {
  const child = spawn(process.execPath, [script, ...parameters], {
    env: { ...process.env, ...settings },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  running.push(child);
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return String(line);
}

async function startService(name: string, upstream: string, settings: Record<string, string>): Promise<LoadTarget> {
  const prices = join(folder, 'prices.json');
  const pools = join(folder, 'pools.json');
  const [echo] = catalogue.models;
  writeFileSync(
    prices,
    JSON.stringify({ ...catalogue, models: [...catalogue.models, { ...echo, slug: 'bench-model', family: 'openai' }] }),
  );
  writeFileSync(
    pools,
    JSON.stringify({ openai: [{ name: 'main', baseUrl: `${upstream}/v1`, dialectFamily: 'openai', apiKey: 'x' }] }),
  );
  const line = await start(join(import.meta.dirname, '..', '..', '..', 'out', 'main', 'backend.js'), [], {
    ...settings,
    CORVUSLLM_BACKEND_PORT: '0',
    CORVUSLLM_BACKEND_PRICES: prices,
    CORVUSLLM_BACKEND_POOLS: pools,
    CORVUSLLM_BACKEND_ADMIN_TOKEN: adminToken,
  });
  pidOf.set(name, running.at(-1)?.pid);
  const { baseUrl } = z.object({ baseUrl: z.string() }).parse(JSON.parse(line));
  return { name, url: baseUrl, keys: await openAccounts(baseUrl) };
}

async function openAccounts(baseUrl: string): Promise<string[]> {
  const ask = async (path: string, body: object): Promise<unknown> => {
    const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' };
    const reply = await fetch(`${baseUrl}/admin/api/${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ ...body, reason: 'benchmark' }),
    });
    if (!reply.ok) throw new Error(await reply.text());
    return reply.json();
  };
  const keys: string[] = [];
  for (let number = 0; number < accounts; number += 1) {
    const { accountId, customerKey } = keySchema.parse(await ask('customers', { label: 'bench' }));
    await ask(`customers/${accountId}/grants`, { amount: '1000.00', grantId: `bench-${number}-grant` });
    keys.push(customerKey);
  }
  return keys;
}

/** Every call of a service is of its first account; the ledger alone takes its own in turn. */
function hotAccount({ name, url, keys: [key = ''] }: LoadTarget): BenchTarget {
  return { name, url, headers: { authorization: `Bearer ${key}` }, pid: pidOf.get(name) ?? null };
}

async function measureHotAccount(targets: readonly LoadTarget[]): Promise<void> {
  const all = targets.map((target) => ({ name: target.name, target: hotAccount(target), call: chatOf(1) }));
  const measured = await loads(all, hotAtOnce, 3, 4);
  console.table(
    [...measured].map(([name, { perSecond: rate, microsecondsEach }]) => ({
      target: `${name}, ${hotAtOnce} at once`,
      'calls a second': rate.toFixed(0),
      'processor time of a call, us': microsecondsEach?.toFixed(0) ?? '-',
    })),
  );
}

const server = await startPostgres({});
try {
  const admin = new pg.Client(server.urlOf('postgres'));
  await admin.connect();
  await admin.query('create database bench');
  await admin.query('create database ledger');
  await admin.end();
  const upstream = `http://127.0.0.1:${await start(join(import.meta.dirname, '..', 'mock-upstream.ts'), [])}`;
  const startPlain = async (name: string, ...ledger: string[]): Promise<LoadTarget> => ({
    name,
    url: `http://127.0.0.1:${await start(join(import.meta.dirname, 'plain-proxy.ts'), [upstream, ...ledger])}`,
    keys: ['none'],
  });
  const plain = await startPlain('the engine alone');
  const targets = [
    plain,
    await startPlain('+ its ledger on SQLite', join(folder, 'ledger.db')),
    await startPlain('+ its ledger on PostgreSQL', server.urlOf('ledger')),
    await startService('service on SQLite', upstream, { CORVUSLLM_BACKEND_DATABASE: join(folder, 'bench.db') }),
    await startService('service on PostgreSQL', upstream, { DATABASE_URL: server.urlOf('bench') }),
  ];
  // First, because what follows is to be measured in programs that have served for a while.
  if (hasWrk()) await measureHotAccount(targets);
  const totals = await compare(targets, perSecond, 6, 4);
  const base = totals.get(plain.name);
  console.table(
    [...totals].map(([name, { p50Ms, p99Ms, afterPauseMs, failed }]) => ({
      target: `${name}, ${perSecond}/s, accounts: ${accounts}`,
      'p50 ms': p50Ms.toFixed(2),
      'p99 ms': p99Ms.toFixed(2),
      'p50 added, ms': base ? (p50Ms - base.p50Ms).toFixed(2) : '-',
      'p99, of plain': base ? (p99Ms / base.p99Ms).toFixed(2) : '-',
      'slowest after a pause, ms': afterPauseMs.toFixed(0),
      failed,
    })),
  );
} finally {
  for (const child of running) child.kill('SIGKILL');
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '#core/store/open-database.ts';
import { openStore } from '#core/store/open-store.ts';
import { RequestBatch } from '#core/store/request-batch.ts';
import type { WriteDb } from '#core/store/database.ts';
import type { Store } from '#core/store/store.ts';
import type { RequestFilter } from '#shared/contract/requests.ts';
import { anyUsage, noFilter } from '#shared/contract/no-filter.ts';
import { type LocalKeyId, localKeyIdSchema, type RequestId, requestIdSchema, timeOrderedId } from '#shared/ids.ts';
import { makeUsage } from '#shared/metering/usage.ts';
import { nanoUsd } from '#shared/money.ts';
import { begun, finished, quiet, realClock } from '../support/store-fixture.ts';
import { dayMs } from '#shared/time.ts';

/**
 * `npm run bench:store [-- <requests> --check]`: how long pages of history take over many requests, made by the store's
 * own writer. With `--check` it fails where one takes longer than its target. The standard is a million; ten million
 * take about ten minutes to make.
 */
const [given] = process.argv.slice(2).filter((parameter) => !parameter.startsWith('--'));
const count = Number(given ?? 1_000_000);
const isCheck = process.argv.includes('--check');
const perBatch = 2_000;
const requestsOfSession = 50;
const runs = 40;
const pageSize = 100;
const quarterMs = 900_000;
const mostPageMs = 50;
const mostFilterMs = 100;
const mostStartMs = 1_000;
/** The history ends now and spreads over this long. */
const spreadMs = 200 * dayMs;
const endMs = Math.floor(Date.now() / quarterMs) * quarterMs;

const models = Array.from({ length: 40 }, (_, index) => `model-${index}`);
const lanes = ['prepaid', 'byok', 'local'] as const;
const keys: LocalKeyId[] = Array.from({ length: 8 }, (_, index) => localKeyIdSchema.parse(`lk_${index}`));
const moment = (index: number): number => endMs - spreadMs + Math.floor((index / count) * spreadMs);
const idOf = (index: number): RequestId => {
  const noise = new Uint8Array(10);
  new DataView(noise.buffer).setUint32(2, index);
  return requestIdSchema.parse(timeOrderedId('req', moment(index), noise));
};

function fill(db: WriteDb): void {
  for (let index = 0; index < count; index += perBatch) {
    db.transaction(() => {
      const batch = new RequestBatch(db);
      for (let number = index; number < Math.min(count, index + perBatch); number += 1) add(batch, number);
      batch.write();
    })();
    if ((index / perBatch) % 50 === 0)
      process.stdout.write(`\r${index.toLocaleString('en')} of ${count.toLocaleString('en')} requests`);
  }
  process.stdout.write(`\r${count.toLocaleString('en')} requests${' '.repeat(24)}\n`);
}

/** A session is one tool at work on one project, mostly with one model. */
function add(batch: RequestBatch, index: number): void {
  const id = idOf(index);
  const session = Math.floor(index / requestsOfSession);
  const modelNumber = (session + (index % 10 === 0 ? 1 : 0)) % models.length;
  const lane = lanes[modelNumber % lanes.length] ?? 'byok';
  const provider = lane === 'prepaid' ? 'account' : `provider-${modelNumber % 4}`;
  const createdAtMs = moment(index);
  const modelRequested = models[modelNumber] ?? '';
  const belongings = { tool: `tool-${session % 9}`, project: `project-${session % 20}`, session: `session-${session}` };
  const localKeyId = keys[session % keys.length] ?? null;
  batch.apply({
    kind: 'begun',
    request: begun({ id, createdAtMs, modelRequested, lane, provider, localKeyId, ...belongings }),
  });
  const isFailed = index % 500 === 0;
  const usage = makeUsage({ freshInput: 1_000 + (index % 9_000), cacheRead: index % 5_000, outputText: index % 2_000 });
  const ended = isFailed ? ({ status: 'failed', httpStatus: 502, usage: null } as const) : ({ usage } as const);
  const cost = nanoUsd(isFailed ? 0n : BigInt(1_000 + (index % 100_000)));
  batch.apply({ kind: 'finished', request: finished(id, { ...ended, lane, provider, meteredCostNanoUsd: cost }) });
}

interface Row {
  what: string;
  p50Ms: number;
  p95Ms: number;
  targetMs: number;
}

async function timed(what: string, targetMs: number, ask: (run: number) => Promise<unknown>): Promise<Row> {
  const times: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const before = performance.now();
    await ask(run);
    times.push(performance.now() - before);
  }
  times.sort((one, other) => one - other);
  const at = (share: number): number =>
    times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;
  return { what, p50Ms: at(0.5), p95Ms: at(0.95), targetMs };
}

const list = (store: Store, filter: Partial<RequestFilter>, cursor: string | null = null): Promise<unknown> =>
  store.requests.list({ ...noFilter, ...filter }, cursor, pageSize);
/** Another place in the history for each run. */
const somewhere = (run: number): number => Math.floor((count * (run + 0.5)) / runs);

async function measure(store: Store): Promise<Row[]> {
  const day = (index: number): number => endMs - index * dayMs;
  const days = Array.from({ length: 31 }, (_, index) => day(30 - index));
  return [
    await timed('newest page', mostPageMs, () => list(store, {})),
    await timed('a page in the middle', mostPageMs, (run) => list(store, {}, idOf(somewhere(run)))),
    await timed('one request', mostPageMs, (run) => store.requests.get(idOf(somewhere(run)))),
    await timed('by model', mostFilterMs, (run) => list(store, { model: models[run % models.length] ?? null })),
    await timed('by status', mostFilterMs, () => list(store, { status: 'failures' })),
    await timed('by lane, provider and key', mostFilterMs, (run) =>
      list(store, { lane: 'byok', provider: 'provider-1', localKeyId: keys[run % keys.length] ?? null }),
    ),
    await timed('by project and days', mostFilterMs, (run) =>
      list(store, { project: `project-${run % 20}`, fromMs: day(60), toMs: day(30) }),
    ),
    await timed('by session', mostFilterMs, (run) =>
      list(store, { session: `session-${Math.floor(somewhere(run) / requestsOfSession)}` }),
    ),
    await timed('search in models', mostFilterMs, (run) => list(store, { search: `odel-${run % 4}` })),
    await timed('search for an id', mostFilterMs, (run) => list(store, { search: idOf(somewhere(run)).slice(0, 18) })),
    await timed('sums of a month by model', mostPageMs, () => store.rollups.sum([day(30), day(0)], 'model', anyUsage)),
    await timed('a month day by day (Overview)', mostPageMs, () => store.rollups.sum(days, 'lane', anyUsage)),
    await timed('sums of what a filter shows', mostFilterMs, (run) =>
      store.requests.sum({ ...noFilter, model: models[run % models.length] ?? null, fromMs: day(30), toMs: day(0) }),
    ),
    await timed('values to filter by', mostFilterMs, () => store.requests.facets()),
  ];
}

async function firstScreen(databasePath: string): Promise<Row> {
  const before = performance.now();
  const store = await openStore({ databasePath, clock: realClock, logger: quiet });
  await list(store, {});
  const tookMs = performance.now() - before;
  await store.close();
  return { what: 'open the store and show the newest page', p50Ms: tookMs, p95Ms: tookMs, targetMs: mostStartMs };
}

const folder = mkdtempSync(join(tmpdir(), 'corvusllm-bench-store-'));
try {
  const databasePath = join(folder, 'corvusllm.db');
  const { db } = openDatabase(databasePath);
  const before = performance.now();
  fill(db);
  db.close();
  console.log(
    `written in ${((performance.now() - before) / 1000).toFixed(0)} s, ${Math.round(statSync(databasePath).size / 1e6)} MB`,
  );
  const start = await firstScreen(databasePath);
  const store = await openStore({ databasePath, clock: realClock, logger: quiet });
  const rows = [start, ...(await measure(store))];
  await store.close();
  console.table(
    rows.map(({ what, p50Ms, p95Ms, targetMs }) => ({
      what,
      'p50 ms': p50Ms.toFixed(1),
      'p95 ms': p95Ms.toFixed(1),
      targetMs,
    })),
  );
  if (isCheck && rows.some(({ p95Ms, targetMs }) => p95Ms > targetMs)) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

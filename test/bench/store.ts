import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '#core/store/database/open-database.ts';
import { openStore } from '#core/store/open-store.ts';
import type { Store } from '#core/store/store.ts';
import type { RequestFilter } from '#shared/contract/requests.ts';
import { anyUsage, noFilter } from '#shared/contract/no-filter.ts';
import { quiet, realClock } from '../support/store-fixture.ts';
import { dayMs } from '#shared/time.ts';
import { endMs, fillHistory, idOf, keys, models, requestsOfSession } from './history.ts';

/**
 * `npm run bench:store [-- <requests> --check]`: how long pages of history take over many requests, made by the store's
 * own writer. With `--check` it fails where one takes longer than its target. The standard is a million; ten million
 * take about ten minutes to make.
 */
const [given] = process.argv.slice(2).filter((parameter) => !parameter.startsWith('--'));
const count = Number(given ?? 1_000_000);
const isCheck = process.argv.includes('--check');
const runs = 40;
const pageSize = 100;
const mostPageMs = 50;
const mostFilterMs = 100;
const mostStartMs = 1_000;
/** Of what is asked for by a button of its own. */
const mostReportMs = 250;

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
    await timed('a page in the middle', mostPageMs, (run) => list(store, {}, idOf(somewhere(run), count))),
    await timed('one request', mostPageMs, (run) => store.requests.get(idOf(somewhere(run), count))),
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
    await timed('search for an id', mostFilterMs, (run) =>
      list(store, { search: idOf(somewhere(run), count).slice(0, 18) }),
    ),
    await timed('sums of a month by model', mostPageMs, () => store.rollups.sum([day(30), day(0)], 'model', anyUsage)),
    await timed('a month for other prices (What if)', mostReportMs, () =>
      store.rollups.billed(day(30), day(0), anyUsage),
    ),
    await timed('lengths of answers (estimate)', mostPageMs, (run) =>
      store.requests.answerSizes(models[run % models.length] ?? ''),
    ),
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
  fillHistory(db, count);
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

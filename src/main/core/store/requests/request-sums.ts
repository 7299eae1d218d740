import type { RequestFilter } from '#shared/contract/requests.ts';
import { type UsageFilter, usageDimensionSchema } from '#shared/contract/usage.ts';
import { nanoUsd, zeroUsd } from '#shared/money.ts';
import { quarterMs } from '#shared/time.ts';
import { integer } from '../database/columns.ts';
import { readOne, type ReadDb } from '../database/database.ts';
import { oldestEnded } from './requests-table.ts';
import type { UsageTotals } from '../records.ts';
import { conditionsFor } from './request-list.ts';
import { countsSql, quarterOf, sumSpan, totalsOf } from './rollups-table.ts';

/** Sums over the requests that a list shows. */
export interface RequestSums extends UsageTotals {
  /** In flight, and in no sum. */
  open: number;
}

/** The sums over the rows of a filter; from the rollups where they know it, so that a year costs no more than a day. */
export function sumRequests(db: ReadDb, filter: RequestFilter): RequestSums {
  const { status } = filter;
  const open = status === null || status === 'open' ? countRows(db, { ...filter, status: 'open' }) : 0;
  if (status === 'open') return { ...noTotals, open };
  return {
    ...(isInRollups(filter) ? sumRollups(db, filter) : sumRows(db, { ...filter, status: status ?? 'ended' })),
    open,
  };
}

/** What rollups can answer; whatever else a filter has, only rows know. */
const inRollups: ReadonlySet<string> = new Set([...usageDimensionSchema.options, 'status', 'search', 'fromMs', 'toMs']);

function isInRollups(filter: RequestFilter): boolean {
  const { status, search, fromMs, toMs } = filter;
  return (
    (status === null || status === 'ended') &&
    (search ?? '').trim() === '' &&
    [fromMs, toMs].every((ms) => (ms ?? 0) % quarterMs === 0) &&
    Object.entries(filter).every(([name, value]) => inRollups.has(name) || value === null)
  );
}

/** Rollups outlive their rows: only those count whose rows are still there. */
function sumRollups(db: ReadDb, filter: RequestFilter): UsageTotals {
  const oldest = oldestEnded(db);
  const keptFromMs = oldest ? quarterOf(oldest.id) : Number.MAX_SAFE_INTEGER;
  return sumSpan(
    db,
    Math.max(filter.fromMs ?? 0, keptFromMs),
    filter.toMs ?? Number.MAX_SAFE_INTEGER,
    usageFilterOf(filter),
  );
}

function usageFilterOf(filter: RequestFilter): UsageFilter {
  const { tool, model, provider, lane, project, session, localKeyId } = filter;
  return { tool, model, provider, lane, project, session, localKeyId };
}

function sumRows(db: ReadDb, filter: RequestFilter): UsageTotals {
  const sums = conditionsFor(db, filter, null).flatMap(({ sql, values }) => {
    const row = readOne(db, `SELECT ${countsSql} FROM requests ${sql}`, values);
    return row ? [totalsOf(row)] : [];
  });
  return sums.reduce(addTotals, noTotals);
}

function countRows(db: ReadDb, filter: RequestFilter): number {
  return conditionsFor(db, filter, null).reduce((total, { sql, values }) => {
    const row = readOne(db, `SELECT count(*) AS total FROM requests ${sql}`, values);
    return total + (row ? integer(row, 'total') : 0);
  }, 0);
}

export const noTotals: UsageTotals = {
  requests: 0,
  failures: 0,
  inputTokens: 0,
  cachedTokens: 0,
  outputTokens: 0,
  costNanoUsd: zeroUsd,
  cacheSavedNanoUsd: zeroUsd,
  cacheLostNanoUsd: zeroUsd,
  unpriced: 0,
  timed: 0,
  totalMs: 0,
  started: 0,
  firstByteMs: 0,
};

export function addTotals(a: UsageTotals, b: UsageTotals): UsageTotals {
  return {
    requests: a.requests + b.requests,
    failures: a.failures + b.failures,
    inputTokens: a.inputTokens + b.inputTokens,
    cachedTokens: a.cachedTokens + b.cachedTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    costNanoUsd: nanoUsd(a.costNanoUsd + b.costNanoUsd),
    cacheSavedNanoUsd: nanoUsd(a.cacheSavedNanoUsd + b.cacheSavedNanoUsd),
    cacheLostNanoUsd: nanoUsd(a.cacheLostNanoUsd + b.cacheLostNanoUsd),
    unpriced: a.unpriced + b.unpriced,
    timed: a.timed + b.timed,
    totalMs: a.totalMs + b.totalMs,
    started: a.started + b.started,
    firstByteMs: a.firstByteMs + b.firstByteMs,
  };
}

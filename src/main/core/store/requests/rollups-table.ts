import { failedStatuses } from '#shared/account/request.ts';
import type { UsageDimension, UsageFilter } from '#shared/contract/usage.ts';
import type { NanoUsd } from '#shared/money.ts';
import { quarterMs } from '#shared/time.ts';
import { integer, money, text } from '../database/columns.ts';
import {
  billedColumns,
  billedCounts,
  type BilledSum,
  billedSumOf,
  type PriceGroup,
  priceGroupColumns,
  priceGroupOf,
} from './billed-usage.ts';
import {
  change,
  int,
  readAll,
  readOne,
  type ReadDb,
  type SqlRow,
  type SqlValue,
  type WriteDb,
} from '../database/database.ts';
import type { UsageGroup, UsageTotals } from '../records.ts';
import type { StoredRequest } from './stored-request.ts';
import { sumsOf } from './request-rows.ts';

/** The column of each dimension, here and in `requests`, by its name here. */
const dimensions = {
  lane: 'lane',
  provider: 'provider',
  model: 'model_requested',
  local_key_id: 'local_key_id',
  tool: 'tool',
  project: 'project',
  session: 'session',
} as const;
const columnOf: Readonly<Record<UsageDimension, keyof typeof dimensions>> = {
  lane: 'lane',
  provider: 'provider',
  model: 'model',
  localKeyId: 'local_key_id',
  tool: 'tool',
  project: 'project',
  session: 'session',
};

/** What an ended request costs is not known. */
export const unpricedSql = "cost IS NULL AND +lane IN ('prepaid', 'byok')";

/** What a request adds to the sums, as SQL over its row: the same that `countsOf` adds to the rollups. */
export const countsSql = `count(*) AS requests,
  coalesce(sum(status IN (${failedStatuses.map((status) => `'${status}'`).join(', ')})), 0) AS failures,
  coalesce(sum(iif(lane IS NULL, 0, input_tokens)), 0) AS input_tokens, coalesce(sum(iif(lane IS NULL, 0, cache_read)), 0) AS cached_tokens,
  coalesce(sum(iif(lane IS NULL, 0, output_tokens)), 0) AS output_tokens, coalesce(sum(cost), 0) AS cost,
  coalesce(sum(cache_saved), 0) AS cache_saved, coalesce(sum(cache_lost), 0) AS cache_lost,
  coalesce(sum(${unpricedSql}), 0) AS unpriced,
  count(total_ms) AS timed, coalesce(sum(CAST(round(total_ms) AS INTEGER)), 0) AS total_ms,
  count(first_byte_ms) AS started, coalesce(sum(CAST(round(first_byte_ms) AS INTEGER)), 0) AS first_byte_ms`;

const counted = [
  'requests',
  'failures',
  'input_tokens',
  'cached_tokens',
  'output_tokens',
  'cost',
  'cache_saved',
  'cache_lost',
  'unpriced',
  'timed',
  'total_ms',
  'started',
  'first_byte_ms',
  ...billedColumns,
] as const;
/** Those of reports. */
const summed = counted.filter((name) => !billedColumns.some((billed) => billed === name));
type Counts = Record<(typeof counted)[number], bigint>;

const failed: ReadonlySet<SqlValue> = new Set(failedStatuses);

/** A request whose parts are billed has no tokens of its own: they are theirs. */
function countsOf(row: StoredRequest): Counts {
  const sums = sumsOf(row);
  const isRouted = row.lane !== null;
  const tokens = (count: SqlValue) => (isRouted && typeof count === 'bigint' ? count : 0n);
  return {
    requests: 1n,
    failures: failed.has(row.status) ? 1n : 0n,
    input_tokens: tokens(sums.input_tokens),
    cached_tokens: tokens(row.cache_read),
    output_tokens: tokens(sums.output_tokens),
    cost: sums.cost ?? 0n,
    cache_saved: countOf(row.cache_saved),
    cache_lost: countOf(row.cache_lost),
    unpriced: sums.cost === null && (row.lane === 'prepaid' || row.lane === 'byok') ? 1n : 0n,
    timed: row.total_ms === null ? 0n : 1n,
    total_ms: int(Number(row.total_ms ?? 0)),
    started: row.first_byte_ms === null ? 0n : 1n,
    first_byte_ms: int(Number(row.first_byte_ms ?? 0)),
    ...billedCounts(row),
  };
}

function countOf(value: SqlValue): bigint {
  return typeof value === 'bigint' ? value : 0n;
}

type Group = Record<keyof typeof dimensions, SqlValue> & PriceGroup & { start_ms: bigint };

function groupOf(row: StoredRequest): Group {
  const values = Object.entries(dimensions).map(([name, column]) => [name, row[column] ?? '']);
  return { start_ms: int(quarterOf(String(row.id))), ...Object.fromEntries(values), ...priceGroupOf(row) };
}

const names = ['start_ms', ...Object.keys(dimensions), ...priceGroupColumns, ...counted];
const insert = `INSERT INTO rollups (${names.join(', ')}) VALUES (${names.map((name) => `$${name}`).join(', ')})
  ON CONFLICT DO UPDATE SET ${counted.map((name) => `${name} = ${name} + excluded.${name}`).join(', ')}`;

const raise = `INSERT INTO rollups (${names.join(', ')}) VALUES (${names.map((name) => `$${name}`).join(', ')})
  ON CONFLICT DO UPDATE SET ${counted.map((name) => `${name} = excluded.${name}`).join(', ')}
  WHERE excluded.requests > requests`;

/** Takes over the sums of another database of this machine since a moment, where they count more requests. */
export function raiseRollups(db: WriteDb, other: ReadDb, fromMs: number): void {
  const sql = `SELECT ${names.join(', ')} FROM rollups WHERE start_ms >= $from`;
  for (const row of readAll(other, sql, { from: int(fromMs) })) change(db, raise, row);
}

/**
 * What a batch changes in the rollups, summed before it is written. A rollup counts the ended requests of one quarter
 * of an hour that agree in every dimension.
 */
export class RollupChanges {
  readonly #changes = new Map<string, { group: Group; counts: Counts }>();

  /** Counts a row once more (1), or once less (-1). */
  add(row: StoredRequest, times: 1n | -1n): void {
    if (row.status === 'open') return;
    const group = groupOf(row);
    const name = JSON.stringify(Object.values(group).map(String));
    const known = this.#changes.get(name) ?? { group, counts: nothing() };
    const own = countsOf(row);
    // Most are zero, and arithmetic with them costs as much as with others.
    for (const count of counted) if (own[count] !== 0n) known.counts[count] += times * own[count];
    this.#changes.set(name, known);
  }

  write(db: WriteDb): void {
    for (const { group, counts } of this.#changes.values()) {
      if (Object.values(counts).some((count) => count !== 0n)) change(db, insert, { ...group, ...counts });
    }
  }
}

function nothing(): Counts {
  return Object.fromEntries(counted.map((name) => [name, 0n])) as Counts;
}

/** The quarter of an hour of UTC that a request counts to: ids begin with their time, and lists choose by it too. */
export function quarterOf(requestId: string): number {
  const atMs = Number.parseInt(requestId.slice(4, 16), 16);
  return atMs - (atMs % quarterMs);
}

/**
 * Sums between neighbouring borders (ascending, on quarters of an hour) by one dimension: `borders.length - 1` lists of
 * its values.
 */
export function sumSpans(
  db: ReadDb,
  borders: readonly number[],
  by: UsageDimension,
  filter: UsageFilter,
): UsageGroup[][] {
  const column = columnOf[by];
  const { sql, values } = conditions(filter);
  return borders.slice(1).map((toMs, index) => {
    const rows = readAll(
      db,
      `SELECT ${column} AS value, ${summed.map((name) => `sum(${name}) AS ${name}`).join(', ')} FROM rollups
       WHERE start_ms >= $from AND start_ms < $to${sql} GROUP BY ${column} HAVING sum(requests) > 0`,
      { ...values, from: int(borders[index] ?? toMs), to: int(toMs) },
    );
    return rows.map((row) => ({ value: text(row, 'value'), ...totalsOf(row) }));
  });
}

/** What each key spent in each quarter of an hour of a span in which it spent anything. */
export function quarterCosts(db: ReadDb, fromMs: number, toMs: number): { keyId: string; cost: NanoUsd }[] {
  const rows = readAll(
    db,
    `SELECT local_key_id, sum(cost) AS cost FROM rollups WHERE start_ms >= $from AND start_ms < $to
     GROUP BY local_key_id, start_ms HAVING sum(cost) > 0`,
    { from: int(fromMs), to: int(toMs) },
  );
  return rows.map((row) => ({ keyId: text(row, 'local_key_id'), cost: money(row, 'cost') }));
}

/** The sums of one span (on quarters of an hour). */
export function sumSpan(db: ReadDb, fromMs: number, toMs: number, filter: UsageFilter): UsageTotals {
  const { sql, values } = conditions(filter);
  const row = readOne(
    db,
    `SELECT ${summed.map((name) => `coalesce(sum(${name}), 0) AS ${name}`).join(', ')} FROM rollups
     WHERE start_ms >= $from AND start_ms < $to${sql}`,
    { ...values, from: int(fromMs), to: int(toMs) },
  );
  return totalsOf(row ?? {});
}

/** What was consumed in one span (on quarters of an hour), by what decides its price. */
export function sumBilled(db: ReadDb, fromMs: number, toMs: number, filter: UsageFilter): BilledSum[] {
  const { sql, values } = conditions(filter);
  const groups = ['lane', 'provider', 'model', ...priceGroupColumns];
  const rows = readAll(
    db,
    `SELECT ${groups.join(', ')}, ${billedColumns.map((name) => `sum(${name}) AS ${name}`).join(', ')}
     FROM rollups WHERE start_ms >= $from AND start_ms < $to AND lane <> ''${sql} GROUP BY ${groups.join(', ')}`,
    { ...values, from: int(fromMs), to: int(toMs) },
  );
  return rows.map(billedSumOf);
}

function conditions(filter: UsageFilter): { sql: string; values: Record<string, SqlValue> } {
  const given = Object.entries(columnOf).flatMap(([dimension, column]) => {
    const value = filter[dimension as UsageDimension];
    return value === null ? [] : [{ column, value }];
  });
  return {
    sql: given.map(({ column }) => ` AND ${column} = $${column}`).join(''),
    values: Object.fromEntries(given.map(({ column, value }) => [column, value])),
  };
}

/** Sums as `countsSql` and the rollups name them. */
export function totalsOf(row: SqlRow): UsageTotals {
  return {
    requests: integer(row, 'requests'),
    failures: integer(row, 'failures'),
    inputTokens: integer(row, 'input_tokens'),
    cachedTokens: integer(row, 'cached_tokens'),
    outputTokens: integer(row, 'output_tokens'),
    costNanoUsd: money(row, 'cost'),
    cacheSavedNanoUsd: money(row, 'cache_saved'),
    cacheLostNanoUsd: money(row, 'cache_lost'),
    unpriced: integer(row, 'unpriced'),
    timed: integer(row, 'timed'),
    totalMs: integer(row, 'total_ms'),
    started: integer(row, 'started'),
    firstByteMs: integer(row, 'first_byte_ms'),
  };
}

import { dayMs, isoTime, periodStart } from '#shared/time.ts';
import { type ExpressionBuilder, sql } from 'kysely';
import { nanoUsd, usdText } from '#shared/money.ts';
import type { Db } from '../database/open-database.ts';
import type { Database } from '../database/schema.ts';

export interface MarginReport {
  day: string;
  model: string;
  /** Those that were charged, and those that were not and cost the platform something. */
  requests: number;
  sold: string;
  /** What was written off for these requests. */
  writtenOff: string;
  /** What upstreams charge for the requests of known cost; null: it is known of none. */
  upstreamCost: string | null;
  /** The number of requests of unknown cost. */
  unknownCosts: number;
  /** Sales less upstream cost of the requests of known cost; null: it is known of none. */
  margin: string | null;
}

/**
 * Requests that count: charged ones, and those whose work was lost. Of one that was interrupted by the end of its
 * instance, it is not known what its upstream did.
 */
function counts({ eb, or }: ExpressionBuilder<Database, 'requests'>) {
  return or([
    eb('status', '=', sql.lit('settled')),
    eb('upstream_cost', '>', sql.lit(0n)),
    eb('written_off', '>', sql.lit(0n)),
    eb('outcome', '=', sql.lit('interrupted')),
  ]);
}

/** The margin of each model on each of the last days (UTC), newest first. */
export async function reportMargins(db: Db, nowMs: number, days: number): Promise<MarginReport[]> {
  const day = sql<bigint>`settled_at_ms / ${sql.lit(dayMs)}`;
  const rows = await db
    .selectFrom('requests')
    .select(({ fn }) => [
      day.as('day'),
      'model_requested',
      fn.countAll<bigint>().as('requests'),
      fn.sum<bigint>('cost').as('sold'),
      fn.sum<bigint>('written_off').as('written_off'),
      fn.count<bigint>('upstream_cost').as('known'),
      sql<bigint>`sum(case when upstream_cost is not null then cost else 0 end)`.as('sold_of_known'),
      fn.sum<bigint | null>('upstream_cost').as('upstream_cost'),
    ])
    .where(counts)
    .where('settled_at_ms', '>=', sinceOf(nowMs, days))
    .groupBy([day, 'model_requested'])
    .orderBy('day', 'desc')
    .orderBy('model_requested')
    .execute();
  return rows.map((row) => {
    const upstreamCost = row.upstream_cost === null ? null : BigInt(row.upstream_cost);
    return {
      day: isoTime(BigInt(row.day) * BigInt(dayMs)).slice(0, 10),
      model: row.model_requested,
      requests: Number(row.requests),
      sold: usdText(nanoUsd(BigInt(row.sold))),
      writtenOff: usdText(nanoUsd(BigInt(row.written_off))),
      upstreamCost: upstreamCost === null ? null : usdText(nanoUsd(upstreamCost)),
      unknownCosts: Number(row.requests) - Number(row.known),
      margin: upstreamCost === null ? null : usdText(nanoUsd(BigInt(row.sold_of_known) - upstreamCost)),
    };
  });
}

export interface RequestMarginReport {
  requestId: string;
  accountId: string;
  model: string;
  at: string;
  sold: string;
  writtenOff: string;
  /** Null: not known, and so is the margin. */
  upstreamCost: string | null;
  margin: string | null;
}

/**
 * The same of each request, newest first.
 * @param text a request, an account or a model; empty for any
 */
export async function reportRequestMargins(
  db: Db,
  nowMs: number,
  { text, days, limit }: { text: string; days: number; limit: number },
): Promise<RequestMarginReport[]> {
  let query = db
    .selectFrom('requests')
    .select([
      'id',
      'account_id',
      'model_requested',
      sql<bigint>`settled_at_ms`.as('at_ms'),
      'cost',
      'written_off',
      'upstream_cost',
    ])
    .where(counts)
    .where('settled_at_ms', '>=', sinceOf(nowMs, days));
  if (text !== '') {
    query = query.where((where) =>
      where.or([where('id', '=', text), where('account_id', '=', text), where('model_requested', '=', text)]),
    );
  }
  const rows = await query.orderBy('settled_at_ms', 'desc').orderBy('id', 'desc').limit(BigInt(limit)).execute();
  return rows.map((row) => ({
    requestId: row.id,
    accountId: row.account_id,
    model: row.model_requested,
    at: isoTime(row.at_ms),
    sold: usdText(nanoUsd(row.cost)),
    writtenOff: usdText(nanoUsd(row.written_off)),
    upstreamCost: row.upstream_cost === null ? null : usdText(nanoUsd(row.upstream_cost)),
    margin: row.upstream_cost === null ? null : usdText(nanoUsd(row.cost - row.upstream_cost)),
  }));
}

function sinceOf(nowMs: number, days: number): bigint {
  return BigInt(periodStart('day', nowMs) - (days - 1) * dayMs);
}

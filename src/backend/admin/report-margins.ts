import { sql } from 'kysely';
import { nanoUsd, usdText } from '#shared/money.ts';
import type { Db } from '../database/open-database.ts';
import { dayMs, dayStartMs, isoTime } from './report-times.ts';

export interface MarginReport {
  day: string;
  model: string;
  requests: number;
  sold: string;
  /** What the house paid of these requests itself. */
  absorbed: string;
  /** Null: not known of every request, because no cost profile fits some. */
  upstreamCost: string | null;
  margin: string | null;
}

/** What each model brought on each of the last days (UTC), newest first. */
export async function reportMargins(db: Db, nowMs: number, days: number): Promise<MarginReport[]> {
  const since = BigInt(dayStartMs(nowMs) - (days - 1) * dayMs);
  const day = sql<bigint>`settled_at_ms / ${sql.lit(dayMs)}`;
  const rows = await db
    .selectFrom('requests')
    .select(({ fn }) => [
      day.as('day'),
      'model_requested',
      fn.countAll<bigint>().as('requests'),
      fn.sum<bigint>('cost').as('sold'),
      fn.sum<bigint>('absorbed').as('absorbed'),
      fn.count<bigint>('upstream_cost').as('known'),
      fn.sum<bigint>('upstream_cost').as('upstreamCost'),
    ])
    .where('status', '=', 'settled')
    .where('settled_at_ms', '>=', since)
    .groupBy([day, 'model_requested'])
    .orderBy('day', 'desc')
    .orderBy('model_requested')
    .execute();
  return rows.map((row) => ({
    ...costAndMargin(row),
    day: isoTime(BigInt(row.day) * BigInt(dayMs)).slice(0, 10),
    model: row.model_requested,
    requests: Number(row.requests),
    sold: usdText(nanoUsd(BigInt(row.sold))),
    absorbed: usdText(nanoUsd(BigInt(row.absorbed))),
  }));
}

function costAndMargin(row: {
  requests: bigint;
  known: bigint;
  sold: bigint;
  upstreamCost: bigint | null;
}): Pick<MarginReport, 'upstreamCost' | 'margin'> {
  if (row.known !== row.requests || row.upstreamCost === null) return { upstreamCost: null, margin: null };
  const cost = BigInt(row.upstreamCost);
  return { upstreamCost: usdText(nanoUsd(cost)), margin: usdText(nanoUsd(BigInt(row.sold) - cost)) };
}

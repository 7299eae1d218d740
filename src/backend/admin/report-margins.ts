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
  /** Null: not known, because no upstream of this service says what a request cost. */
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
    ])
    .where('status', '=', 'settled')
    .where('settled_at_ms', '>=', since)
    .groupBy([day, 'model_requested'])
    .orderBy('day', 'desc')
    .orderBy('model_requested')
    .execute();
  return rows.map((row) => ({
    day: isoTime(BigInt(row.day) * BigInt(dayMs)).slice(0, 10),
    model: row.model_requested,
    requests: Number(row.requests),
    sold: usdText(nanoUsd(BigInt(row.sold))),
    absorbed: usdText(nanoUsd(BigInt(row.absorbed))),
    upstreamCost: null,
    margin: null,
  }));
}

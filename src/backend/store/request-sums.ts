import { sql } from 'kysely';
import { dayMs } from '#shared/time.ts';
import type { RequestScope } from '../auth/caller.ts';
import type { Db } from '../database/open-database.ts';
import { within } from './request-store.ts';

/** Settled requests of one day or model. */
export interface UsageGroup {
  key: string;
  requests: bigint;
  inputTokens: bigint;
  outputTokens: bigint;
  cost: bigint;
}

/** Sums of settled requests within [startMs, endMs), by UTC day or by requested model. */
export async function sumUsage(
  db: Db,
  scope: RequestScope,
  range: { startMs: number; endMs: number; groupBy: 'day' | 'model' },
): Promise<UsageGroup[]> {
  const isByDay = range.groupBy === 'day';
  // Days as numbers: both databases divide alike, but format dates differently.
  const key = isByDay ? sql<bigint | string>`settled_at_ms / ${sql.lit(dayMs)}` : sql<bigint | string>`model_requested`;
  const rows = await db
    .selectFrom('requests')
    .select(({ fn }) => [
      key.as('key'),
      fn.countAll<bigint>().as('requests'),
      fn.coalesce(fn.sum<bigint>('input_tokens'), sql<bigint>`0`).as('inputTokens'),
      fn.coalesce(fn.sum<bigint>('output_tokens'), sql<bigint>`0`).as('outputTokens'),
      fn.sum<bigint>('cost').as('cost'),
    ])
    .where(within(scope))
    .where('status', '=', sql.lit('settled'))
    .where('settled_at_ms', '>=', BigInt(range.startMs))
    .where('settled_at_ms', '<', BigInt(range.endMs))
    .groupBy(key)
    .orderBy(key)
    .execute();
  return rows.map((row) => ({ ...row, key: isByDay ? dayText(row.key) : String(row.key) }));
}

function dayText(day: bigint | string): string {
  return new Date(Number(day) * dayMs).toISOString().slice(0, 10);
}

/** The cost of settled requests since then, and their number of tokens. */
export async function sumSettledSince(
  db: Db,
  accountId: string,
  sinceMs: number,
): Promise<{ cost: bigint; requests: bigint; tokens: bigint }> {
  const row = await db
    .selectFrom('requests')
    .select(({ fn }) => [
      fn.sum<bigint | string | null>('cost').as('cost'),
      fn.countAll<bigint | string>().as('requests'),
      fn.sum<bigint | string | null>('input_tokens').as('input'),
      fn.sum<bigint | string | null>('output_tokens').as('output'),
    ])
    .where('account_id', '=', accountId)
    .where('status', '=', sql.lit('settled'))
    .where('settled_at_ms', '>=', BigInt(sinceMs))
    .executeTakeFirstOrThrow();
  return {
    cost: BigInt(row.cost ?? 0n),
    requests: BigInt(row.requests),
    tokens: BigInt(row.input ?? 0n) + BigInt(row.output ?? 0n),
  };
}

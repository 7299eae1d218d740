import { sql } from 'kysely';
import type { KeyLimits } from '#shared/account/keys.ts';
import { CorvusError } from '#shared/errors.ts';
import { type NanoUsd, nanoUsd, parseUsd, zeroUsd } from '#shared/money.ts';
import { type CapPeriod, dayMs, minuteMs, nextPeriod, periodStart } from '#shared/time.ts';
import type { Db, Tx } from '../database/open-database.ts';
import { keyLineage } from '../auth/key-store.ts';
import type { HeldRequest } from '../store/held-request.ts';
import { isOpen } from '../store/request-store.ts';
import { type RateState, rateHeaders, roomIn } from '../limits/rate-state.ts';
import type { SpendCap } from '../limits/spend-cap.ts';

const periods: readonly CapPeriod[] = ['day', 'week', 'month'];

export function hasCaps(limits: KeyLimits | null): boolean {
  return limits !== null && periods.some((period) => capOf(limits, period) !== null);
}

export function countsTokens(limits: KeyLimits | null): boolean {
  return limits !== null && limits.tokensPerMinute !== null;
}

function capOf(limits: KeyLimits, period: CapPeriod): NanoUsd | null {
  const text = { day: limits.dailyCap, week: limits.weeklyCap, month: limits.monthlyCap }[period];
  return text === null ? null : (parseUsd(text) ?? zeroUsd);
}

/**
 * A key's caps with what counts against them. In the account's ledger, nothing of it changes meanwhile.
 * @param atMs now, or when the request was admitted that wants to spend: its cost belongs to the periods of that moment
 */
export async function keyCaps(
  db: Db | Tx,
  keyId: string | null,
  limits: KeyLimits | null,
  atMs: number,
): Promise<SpendCap[]> {
  if (keyId === null || limits === null || !hasCaps(limits)) return [];
  const windows = await db
    .selectFrom('key_windows')
    .select(['period', 'start_ms', 'spent'])
    .where('key_id', '=', keyId)
    .where('period', 'in', [...periods])
    .where('start_ms', '>=', BigInt(periodStart('month', atMs) - 7 * dayMs))
    .execute();
  const holds = await db
    .selectFrom('holds')
    .select(periods.map((period) => sumBefore(nextPeriod(period, atMs)).as(period)))
    .where('key_id', '=', keyId)
    .where('status', '=', sql.lit('open'))
    .executeTakeFirst();
  return periods.flatMap((period) => {
    const limit = capOf(limits, period);
    if (limit === null) return [];
    const startMs = BigInt(periodStart(period, atMs));
    const spent = nanoUsd(windows.find((row) => row.period === period && row.start_ms === startMs)?.spent ?? 0n);
    const held = nanoUsd(BigInt(holds?.[period] ?? 0n));
    return [{ layer: 'key' as const, period, limit, spent, held }];
  });
}

/** What is held by requests that were admitted before a moment: later ones are no matter of the period it ends. */
function sumBefore(endMs: number) {
  return sql<bigint | null>`sum(case when opened_at_ms < ${BigInt(endMs)} then amount end)`;
}

/** What a limited key has used of the present minute. */
export async function readKeyMinute(
  db: Db,
  keyId: string,
  nowMs: number,
): Promise<{ requests: bigint; tokens: bigint }> {
  const row = await db
    .selectFrom('key_windows')
    .select(['requests', 'tokens'])
    .where('key_id', '=', keyId)
    .where('period', '=', 'minute')
    .where('start_ms', '=', BigInt(Math.floor(nowMs / minuteMs) * minuteMs))
    .executeTakeFirst();
  return row ?? { requests: 0n, tokens: 0n };
}

/** Counts a request against a key's minute, if there is room for it. Throws `rate_limit_exceeded`. */
export async function takeRate(
  tx: Tx,
  keyId: string,
  limits: KeyLimits | null,
  { tokens, nowMs }: { tokens: number; nowMs: number },
): Promise<RateState | null> {
  const { requestsPerMinute = null, tokensPerMinute = null } = limits ?? {};
  if (requestsPerMinute === null && tokensPerMinute === null) return null;
  const startMs = Math.floor(nowMs / minuteMs) * minuteMs;
  const minute = { key_id: keyId, period: 'minute', start_ms: BigInt(startMs) } as const;
  // The account is locked, so no other request of this key comes between the read and the write.
  const row = await tx
    .selectFrom('key_windows')
    .select(['requests', 'tokens'])
    .where('key_id', '=', keyId)
    .where('period', '=', 'minute')
    .where('start_ms', '=', minute.start_ms)
    .executeTakeFirst();
  const used = { requests: Number(row?.requests ?? 0n), tokens: Number(row?.tokens ?? 0n) };
  const resetSeconds = Math.ceil((startMs + minuteMs - nowMs) / 1000);
  const state: RateState = {
    requests: roomIn(requestsPerMinute, used.requests + 1, resetSeconds),
    tokens: roomIn(tokensPerMinute, used.tokens + tokens, resetSeconds),
  };
  if (requestsPerMinute !== null && used.requests >= requestsPerMinute) {
    throw rateExceeded(`${requestsPerMinute} requests a minute`, resetSeconds, state);
  }
  // A request larger than the limit itself passes when it is the only one of its minute: it could never run otherwise.
  if (tokensPerMinute !== null && used.tokens > 0 && used.tokens + tokens > tokensPerMinute) {
    throw rateExceeded(`${tokensPerMinute} tokens a minute`, resetSeconds, state);
  }
  const counted = { requests: BigInt(used.requests + 1), tokens: BigInt(used.tokens + tokens) };
  await tx
    .insertInto('key_windows')
    .values({ ...minute, ...counted, spent: 0n })
    .onConflict((conflict) => conflict.columns(['key_id', 'period', 'start_ms']).doUpdateSet(counted))
    .execute();
  return state;
}

function rateExceeded(limit: string, resetSeconds: number, state: RateState): CorvusError {
  const message = `This key may make ${limit}, and has. Try again in ${resetSeconds} seconds.`;
  const headers = rateHeaders(state);
  return new CorvusError('rate_limit_exceeded', message, { retryAfterSeconds: resetSeconds, headers });
}

/** Counts the cost of a limited key's request, where its hold says that it counts. */
export async function countKeyUse(tx: Tx, hold: HeldRequest, charge: NanoUsd, tokens: number): Promise<void> {
  const admittedAtMs = Number(hold.opened_at_ms);
  const { key_id: keyId, counted_tokens: counted } = hold;
  if (keyId === null) return;
  if (charge > 0n) await addKeySpend(tx, keyId, charge, admittedAtMs);
  if (counted === null) return;
  await tx
    .updateTable('key_windows')
    .set((row) => ({ tokens: row('tokens', '+', BigInt(tokens) - counted) }))
    .where('key_id', '=', keyId)
    .where('period', '=', 'minute')
    .where('start_ms', '=', BigInt(Math.floor(admittedAtMs / minuteMs) * minuteMs))
    .execute();
}

async function addKeySpend(tx: Tx, keyId: string, amount: NanoUsd, admittedAtMs: number): Promise<void> {
  await tx
    .insertInto('key_windows')
    .values(
      periods.map((period) => ({
        key_id: keyId,
        period,
        start_ms: BigInt(periodStart(period, admittedAtMs)),
        requests: 0n,
        tokens: 0n,
        spent: amount,
      })),
    )
    .onConflict((conflict) =>
      conflict
        .columns(['key_id', 'period', 'start_ms'])
        .doUpdateSet((row) => ({ spent: row('key_windows.spent', '+', row.ref('excluded.spent')) })),
    )
    .execute();
}

/** Sets a key's caps: what it, and the keys before it, have spent and hold already counts. The account is locked. */
export async function beginCounting(
  tx: Tx,
  { keyId, accountId }: { keyId: string; accountId: string },
  nowMs: number,
): Promise<void> {
  const lineage = await keyLineage(tx, keyId);
  for (const period of periods) {
    const startMs = BigInt(periodStart(period, nowMs));
    const row = await tx
      .selectFrom('requests')
      // Its cost belongs to the period in which it was admitted, after it may have waited for that.
      .innerJoin('holds', 'holds.request_id', 'requests.id')
      .select(({ fn }) => fn.sum<bigint>('cost').as('spent'))
      .where('requests.account_id', '=', accountId)
      // What began since then has not ended before: the index of an account's requests is by their end.
      .where((where) => where.or([where('settled_at_ms', '>=', startMs), where('settled_at_ms', 'is', null)]))
      .where('opened_at_ms', '>=', startMs)
      .where('customer_key_id', 'in', lineage)
      .executeTakeFirst();
    const spent = BigInt(row?.spent ?? 0n);
    await tx
      .insertInto('key_windows')
      .values({ key_id: keyId, period, start_ms: startMs, requests: 0n, tokens: 0n, spent })
      .onConflict((conflict) => conflict.columns(['key_id', 'period', 'start_ms']).doUpdateSet({ spent }))
      .execute();
  }
  const open = tx
    .selectFrom('requests')
    .select('id')
    .where('account_id', '=', accountId)
    .where(isOpen)
    .where('customer_key_id', 'in', lineage);
  await tx
    .updateTable('holds')
    .set({ key_id: keyId })
    .where('status', '=', sql.lit('open'))
    .where('request_id', 'in', open)
    .execute();
}

/** A key replaces another: what that one has used, and still holds, keeps counting. */
export async function takeOverCounts(tx: Tx, fromKeyId: string, toKeyId: string): Promise<void> {
  const windows = await tx.selectFrom('key_windows').selectAll().where('key_id', '=', fromKeyId).execute();
  if (windows.length > 0)
    await tx
      .insertInto('key_windows')
      .values(windows.map((row) => ({ ...row, key_id: toKeyId })))
      .execute();
  await tx
    .updateTable('holds')
    .set({ key_id: toKeyId })
    .where('status', '=', sql.lit('open'))
    .where('key_id', '=', fromKeyId)
    .execute();
}

/** Minutes that ended an hour ago are no longer needed. */
export async function forgetMinutes(db: Db, nowMs: number): Promise<void> {
  await db
    .deleteFrom('key_windows')
    .where('period', '=', 'minute')
    .where('start_ms', '<', BigInt(nowMs - 60 * minuteMs))
    .execute();
}

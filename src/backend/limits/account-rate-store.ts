import { CorvusError } from '#shared/errors.ts';
import { minuteMs } from '#shared/time.ts';
import type { Db, Tx } from '../database/open-database.ts';
import { type RateState, rateHeaders, roomIn, tightestRoom } from './rate-state.ts';

/** The rates of any account, whatever its keys may. Null: not limited. */
export interface AccountRates {
  requestsPerMinute: number | null;
  /** In ten seconds, so that a runaway tool is stopped before the minute is over. */
  burst: number | null;
}

export const noAccountRates: AccountRates = { requestsPerMinute: null, burst: null };

const lengths = { minute: minuteMs, burst: 10_000 } as const;
type Period = keyof typeof lengths;

/** Room for one more request. */
export interface AccountRoom {
  /** The state of the limits with it counted in. */
  state: RateState;
  /** Counts it. */
  take(): Promise<void>;
}

/**
 * Whether there is room for a request in its account's minute and ten seconds. The account is locked, so no instance
 * counts meanwhile. Throws `burst_limit_exceeded` or `rate_limit_exceeded`.
 */
export async function findAccountRoom(
  tx: Tx,
  accountId: string,
  rates: AccountRates,
  nowMs: number,
): Promise<AccountRoom> {
  const limits: [Period, number | null][] = [
    ['burst', rates.burst],
    ['minute', rates.requestsPerMinute],
  ];
  const windows = limits.flatMap(([period, limit]) =>
    limit === null ? [] : [{ period, limit, startMs: startOf(period, nowMs) }],
  );
  if (windows.length === 0) return { state: { requests: null, tokens: null }, take: async () => undefined };
  const rows = await tx
    .selectFrom('account_windows')
    .select(['period', 'start_ms', 'requests'])
    .where('account_id', '=', accountId)
    .where('start_ms', 'in', [...new Set(windows.map(({ startMs }) => BigInt(startMs)))])
    .execute();
  const counts = windows.map((window) => {
    const row = rows.find(({ period, start_ms }) => period === window.period && start_ms === BigInt(window.startMs));
    return { ...window, requests: Number(row?.requests ?? 0n) };
  });
  for (const { period, limit, startMs, requests } of counts)
    if (requests >= limit) throw exceeded(period, limit, startMs, nowMs);
  const rooms = counts.map(({ period, limit, startMs, requests }) =>
    roomIn(limit, requests + 1, secondsLeft(period, startMs, nowMs)),
  );
  return {
    state: { requests: tightestRoom(rooms), tokens: null },
    async take() {
      await tx
        .insertInto('account_windows')
        .values(
          counts.map(({ period, startMs }) => ({
            account_id: accountId,
            period,
            start_ms: BigInt(startMs),
            requests: 1n,
          })),
        )
        .onConflict((conflict) =>
          conflict
            .columns(['account_id', 'period', 'start_ms'])
            .doUpdateSet((row) => ({ requests: row('account_windows.requests', '+', 1n) })),
        )
        .execute();
    },
  };
}

function exceeded(period: Period, limit: number, startMs: number, nowMs: number): CorvusError {
  const retryAfterSeconds = secondsLeft(period, startMs, nowMs);
  const headers = rateHeaders({ requests: roomIn(limit, limit, retryAfterSeconds), tokens: null });
  if (period === 'burst') {
    const message = `Request burst detected. An account may make ${limit} requests in ten seconds. Try again in ${retryAfterSeconds} seconds.`;
    return new CorvusError('burst_limit_exceeded', message, { retryAfterSeconds, headers });
  }
  const message = `An account may make ${limit} requests a minute, and this one has. Try again in ${retryAfterSeconds} seconds.`;
  return new CorvusError('rate_limit_exceeded', message, { retryAfterSeconds, headers });
}

function startOf(period: Period, nowMs: number): number {
  return Math.floor(nowMs / lengths[period]) * lengths[period];
}

function secondsLeft(period: Period, startMs: number, nowMs: number): number {
  return Math.max(1, Math.ceil((startMs + lengths[period] - nowMs) / 1000));
}

/** Periods that ended an hour ago are no longer needed. */
export async function forgetAccountWindows(db: Db, nowMs: number): Promise<void> {
  await db
    .deleteFrom('account_windows')
    .where('start_ms', '<', BigInt(nowMs - 60 * lengths.minute))
    .execute();
}

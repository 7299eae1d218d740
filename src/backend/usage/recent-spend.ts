import { dayMs, minuteMs } from '#shared/time.ts';
import { type NanoUsd, nanoUsd } from '#shared/money.ts';
import type { Db } from '../database/open-database.ts';
import { sumSettledSince } from '../store/request-sums.ts';

interface Spend {
  cost: NanoUsd;
  requests: number;
  tokens: number;
}

/** What an account's requests cost in this UTC day and in this week, which begins on Monday; at most a minute old. */
export interface RecentSpend {
  of(accountId: string): Promise<{ day: Spend; week: Spend }>;
}

const freshMs = minuteMs;
const mostAccounts = 10_000;

/** Sums a week's requests once a minute at most, however often tools poll. */
export function createRecentSpend(db: Db, nowMs: () => number): RecentSpend {
  const known = new Map<string, { readMs: number; spend: ReturnType<RecentSpend['of']> }>();

  async function read(accountId: string, atMs: number): ReturnType<RecentSpend['of']> {
    const [day, week] = await Promise.all(
      [dayStart(atMs), weekStart(atMs)].map((sinceMs) => sumSettledSince(db, accountId, sinceMs)),
    );
    return { day: spendOf(day), week: spendOf(week) };
  }

  return {
    of(accountId) {
      const atMs = nowMs();
      const last = known.get(accountId);
      if (last && atMs - last.readMs < freshMs && dayStart(last.readMs) === dayStart(atMs)) return last.spend;
      if (known.size >= mostAccounts) known.clear();
      const spend = read(accountId, atMs);
      known.set(accountId, { readMs: atMs, spend });
      spend.catch(() => known.delete(accountId));
      return spend;
    },
  };
}

function spendOf(sum: { cost: bigint; requests: bigint; tokens: bigint } | undefined): Spend {
  return { cost: nanoUsd(sum?.cost ?? 0n), requests: Number(sum?.requests ?? 0n), tokens: Number(sum?.tokens ?? 0n) };
}

function dayStart(atMs: number): number {
  return atMs - (atMs % dayMs);
}

function weekStart(atMs: number): number {
  const sunday = 0;
  const day = new Date(atMs).getUTCDay();
  return dayStart(atMs) - (day === sunday ? 6 : day - 1) * dayMs;
}

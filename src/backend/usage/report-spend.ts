import { dayMs, periodStart } from '#shared/time.ts';
import { nanoUsd, usdText } from '#shared/money.ts';
import type { Db } from '../database/open-database.ts';
import { sumUsage, type UsageGroup } from '../store/request-sums.ts';
import type { RequestScope } from '../auth/caller.ts';

/** Sums of charged requests of one day or one model. */
export interface SpendRow {
  /** A date or a model. */
  name: string;
  requests: number;
  inputTokens: number;
  outputTokens: number;
  cost: string;
}

export interface SpendReport {
  days: number;
  /** Every day of the range, oldest first, also those without a request. */
  byDay: SpendRow[];
  /** The most expensive first. */
  byModel: SpendRow[];
  total: SpendRow;
}

/** The spend of the last days (UTC), today included. */
export async function reportSpend(db: Db, scope: RequestScope, nowMs: number, days: number): Promise<SpendReport> {
  const endMs = periodStart('day', nowMs) + dayMs;
  const startMs = endMs - days * dayMs;
  const daily = await sumUsage(db, scope, { startMs, endMs, groupBy: 'day' });
  const models = await sumUsage(db, scope, { startMs, endMs, groupBy: 'model' });
  const found = new Map(daily.map((group) => [group.key, group]));
  const dates = Array.from({ length: days }, (_, index) =>
    new Date(startMs + index * dayMs).toISOString().slice(0, 10),
  );
  return {
    days,
    byDay: dates.map((key) =>
      rowOf(found.get(key) ?? { key, requests: 0n, inputTokens: 0n, outputTokens: 0n, cost: 0n }),
    ),
    byModel: models.toSorted(byCost).map(rowOf),
    total: rowOf(totalOf(daily)),
  };
}

function byCost(one: UsageGroup, other: UsageGroup): number {
  return one.cost === other.cost ? 0 : one.cost < other.cost ? 1 : -1;
}

function totalOf(groups: readonly UsageGroup[]): UsageGroup {
  const sum = (pick: (group: UsageGroup) => bigint): bigint => groups.reduce((total, group) => total + pick(group), 0n);
  return {
    key: 'Total',
    requests: sum(({ requests }) => requests),
    inputTokens: sum(({ inputTokens }) => inputTokens),
    outputTokens: sum(({ outputTokens }) => outputTokens),
    cost: sum(({ cost }) => cost),
  };
}

function rowOf({ key, requests, inputTokens, outputTokens, cost }: UsageGroup): SpendRow {
  return {
    name: key,
    requests: Number(requests),
    inputTokens: Number(inputTokens),
    outputTokens: Number(outputTokens),
    cost: usdText(nanoUsd(cost)),
  };
}

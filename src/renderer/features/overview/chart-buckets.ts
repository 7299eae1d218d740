import type { Output } from '#shared/contract/contract.ts';
import type { Lane } from '#shared/account/request.ts';
import { parseUsd } from '#shared/money.ts';
import type { ChartMeasure } from './overview-store.ts';

export interface ChartBucket {
  startMs: number;
  prepaid: number;
  byok: number;
  local: number;
  /** Exact texts for the label, by lane. */
  exact: Partial<Record<Lane, string>>;
}

/** One bar for every hour or day, also for those in which nothing happened. Numbers are for drawing; texts stay exact. */
export function chartBuckets(series: Output<'balance.series'>, measure: ChartMeasure): ChartBucket[] {
  const { fromMs, toMs, stepMs, points } = series;
  const count = Math.max(1, Math.ceil((toMs - fromMs) / stepMs));
  const buckets: ChartBucket[] = Array.from({ length: count }, (_, index) => ({
    startMs: fromMs + index * stepMs,
    prepaid: 0,
    byok: 0,
    local: 0,
    exact: {},
  }));
  for (const point of points) {
    // Rounded: a day that a clock change made longer or shorter is still one bar.
    const bucket = buckets[Math.min(count - 1, Math.max(0, Math.round((point.startMs - fromMs) / stepMs)))];
    if (!bucket) continue;
    bucket[point.lane] += measure === 'cost' ? drawable(point.cost) : point[measure];
    bucket.exact[point.lane] = measure === 'cost' ? point.cost : String(point[measure]);
  }
  return buckets;
}

function drawable(cost: string): number {
  return Number(parseUsd(cost) ?? 0n) / 1e9;
}

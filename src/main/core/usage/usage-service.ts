import type { Handlers, Input, Output } from '#shared/contract/contract.ts';
import { noFilter } from '#shared/contract/no-filter.ts';
import type { UsageSums } from '#shared/contract/usage.ts';
import type { Clock } from '#shared/ports.ts';
import { usdText } from '#shared/money.ts';
import { createCalendar } from '../calendar.ts';
import type { UsageGroup, UsageTotals } from '../store/records.ts';
import { addTotals, noTotals } from '../store/requests/request-sums.ts';
import type { Store } from '../store/store.ts';
import { usageSpan } from './usage-span.ts';

type Report = Output<'usage.report'>;

export interface UsageService {
  handlers: Pick<Handlers, 'usage.report' | 'usage.cache-breaks' | 'requests.sum'>;
}

/** Sums of requests: by one of their dimensions over days of a person's calendar, and of any list. */
export function createUsageService({
  store,
  clock,
}: {
  store: Pick<Store, 'rollups' | 'requests'>;
  clock: Clock;
}): UsageService {
  async function report({ timeZone, range, by, filter, sort, limit }: Input<'usage.report'>): Promise<Report> {
    const { borders, before } = usageSpan(range, createCalendar(timeZone), clock.nowMs());
    const [spans, [spanBefore = []]] = await Promise.all([
      store.rollups.sum(borders, by, filter),
      store.rollups.sum([before.fromMs, before.toMs], by, filter),
    ] as const);
    const totals = byValue(spans.flat());
    const earlier = byValue(spanBefore);
    const values = [...new Set([...totals.keys(), ...earlier.keys()])].sort(byMeasure(totals, sort));
    const shown = values.slice(0, limit ?? values.length);
    return {
      span: { fromMs: borders[0] ?? 0, toMs: borders.at(-1) ?? 0 },
      before,
      total: sumsOf([...totals.values()].reduce(addTotals, noTotals)),
      totalBefore: sumsOf([...earlier.values()].reduce(addTotals, noTotals)),
      rows: shown.map((value) => ({
        value,
        sums: sumsOf(totals.get(value) ?? noTotals),
        before: sumsOf(earlier.get(value) ?? noTotals),
      })),
      more: values.length - shown.length,
      buckets: spans.map((groups, index) => bucketOf(groups, borders[index] ?? 0, borders[index + 1] ?? 0)),
    };
  }

  const handlers = {
    'usage.report': report,
    async 'usage.cache-breaks'({ timeZone, range, filter, limit }) {
      const { borders } = usageSpan(range, createCalendar(timeZone), clock.nowMs());
      const [fromMs = 0, toMs = fromMs] = [borders[0], borders.at(-1)];
      const found = await store.requests.cacheBreaks({ ...noFilter, ...filter, fromMs, toMs }, limit);
      return found.flatMap(({ id, createdAtMs, tool, modelRequested, session, inputTokens, cacheBreak }) =>
        cacheBreak ? [{ id, createdAtMs, tool, modelRequested, session, inputTokens, cacheBreak }] : [],
      );
    },
    async 'requests.sum'({ filter }) {
      const { open, ...totals } = await store.requests.sum(filter);
      return { ...sumsOf(totals), open };
    },
  } satisfies UsageService['handlers'];
  return { handlers };
}

function byValue(groups: readonly UsageGroup[]): Map<string, UsageTotals> {
  const totals = new Map<string, UsageTotals>();
  for (const group of groups) totals.set(group.value, addTotals(totals.get(group.value) ?? noTotals, group));
  return totals;
}

/** The largest first; what is equal in that, by requests and then by name. */
function byMeasure(totals: ReadonlyMap<string, UsageTotals>, measure: Input<'usage.report'>['sort']) {
  const sizeOf = (value: string): number => {
    const total = totals.get(value) ?? noTotals;
    if (measure === 'cost') return Number(total.costNanoUsd);
    return measure === 'tokens' ? total.inputTokens + total.outputTokens : total[measure];
  };
  const requestsOf = (value: string): number => totals.get(value)?.requests ?? 0;
  return (a: string, b: string): number => sizeOf(b) - sizeOf(a) || requestsOf(b) - requestsOf(a) || (a < b ? -1 : 1);
}

function bucketOf(groups: readonly UsageGroup[], fromMs: number, toMs: number): Report['buckets'][number] {
  return {
    fromMs,
    toMs,
    total: sumsOf(groups.reduce<UsageTotals>(addTotals, noTotals)),
    parts: groups.map(({ value, costNanoUsd, requests, failures, inputTokens, outputTokens }) => ({
      value,
      cost: usdText(costNanoUsd),
      requests,
      failures,
      tokens: inputTokens + outputTokens,
    })),
  };
}

function sumsOf({
  costNanoUsd,
  cacheSavedNanoUsd,
  cacheLostNanoUsd,
  timed,
  totalMs,
  started,
  firstByteMs,
  ...counts
}: UsageTotals): UsageSums {
  const { requests, failures, inputTokens, cachedTokens, outputTokens, unpriced } = counts;
  return {
    requests,
    failures,
    inputTokens,
    cachedTokens,
    outputTokens,
    cost: usdText(costNanoUsd),
    cacheSaved: usdText(cacheSavedNanoUsd),
    cacheLost: usdText(cacheLostNanoUsd),
    unpriced,
    totalMs: timed === 0 ? null : totalMs / timed,
    firstByteMs: started === 0 ? null : firstByteMs / started,
  };
}

import type { Output } from '#shared/contract/contract.ts';
import type { UsageSums } from '#shared/contract/usage.ts';
import { anyUsage } from '#shared/contract/no-filter.ts';
import { nanoUsd, usdText } from '#shared/money.ts';
import { dayMs } from '#shared/time.ts';
import { viewerTimeZone } from '../../src/renderer/lib/format-time.ts';
import { type Answer, answer } from './answers.ts';
import { nowMs } from './samples.ts';

export function usageSums(size: number, change: Partial<UsageSums> = {}): UsageSums {
  return {
    requests: size * 12,
    failures: Math.floor(size / 3),
    inputTokens: size * 90_000,
    cachedTokens: size * 71_000,
    outputTokens: size * 2_100,
    cost: usdText(nanoUsd(BigInt(size) * 1_234_567_891n)),
    cacheSaved: usdText(nanoUsd(BigInt(size) * 310_000_000n)),
    cacheLost: usdText(nanoUsd(BigInt(size) * 41_300_000n)),
    unpriced: 0,
    totalMs: size === 0 ? null : 4_820,
    firstByteMs: size === 0 ? null : 640,
    ...change,
  };
}

/** A report of seven days: the first value is the largest, the last of several was only used before. */
export function usageReport({
  values = ['Codex', 'Claude Code', ''],
  isEmpty = false,
}: {
  values?: readonly string[];
  isEmpty?: boolean;
}): Output<'usage.report'> {
  const fromMs = nowMs - 6 * dayMs;
  const sizes = values.map((_, index) => (isEmpty ? 0 : values.length - index));
  const buckets = Array.from({ length: 7 }, (_, day) => {
    const parts = values.flatMap((value, index) => {
      const size = (sizes[index] ?? 0) * ((day * 3 + index) % 4);
      const { cost, requests, failures, inputTokens, outputTokens } = usageSums(size);
      return size === 0 ? [] : [{ value, cost, requests, failures, tokens: inputTokens + outputTokens }];
    });
    const total = usageSums(isEmpty ? 0 : parts.length * 2);
    return { fromMs: fromMs + day * dayMs, toMs: fromMs + (day + 1) * dayMs, total, parts };
  });
  return {
    span: { fromMs, toMs: fromMs + 7 * dayMs },
    before: { fromMs: fromMs - 7 * dayMs, toMs: fromMs },
    total: usageSums(isEmpty ? 0 : 21, isEmpty ? {} : { unpriced: 3 }),
    totalBefore: usageSums(isEmpty ? 0 : 9),
    rows: isEmpty
      ? []
      : values.map((value, index) => ({
          value,
          sums: usageSums((sizes[index] ?? 1) * 6, { unpriced: index === 1 ? 3 : 0 }),
          before: usageSums(index === 0 ? 0 : 4),
        })),
    more: isEmpty ? 0 : 12,
    buckets,
  };
}

/** What tables of keys, providers and models show beside a name. */
export function recentUsage(by: 'localKeyId' | 'provider' | 'model', values: readonly string[]): Answer {
  const input = {
    timeZone: viewerTimeZone,
    range: '30d',
    by,
    filter: anyUsage,
    sort: 'requests',
    limit: 1_000,
  } as const;
  return answer('usage.report', input, usageReport({ values }));
}

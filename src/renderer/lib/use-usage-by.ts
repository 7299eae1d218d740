import type { RequestFilter } from '#shared/contract/requests.ts';
import type { UsageSums } from '#shared/contract/usage.ts';
import { anyUsage } from '#shared/contract/no-filter.ts';
import { useCorvusQuery } from './query.ts';
import { viewerTimeZone } from './format-time.ts';

export interface UsedRecently {
  sums: UsageSums;
  /** What chooses its requests. */
  filter: Partial<RequestFilter>;
}

/**
 * What each value of a dimension used in the last 30 days, beside the thing that it is the name of; null: nothing, or
 * not known yet.
 */
export function useUsageBy(by: 'localKeyId' | 'provider' | 'model'): (value: string) => UsedRecently | null {
  const report = useCorvusQuery(
    'usage.report',
    { timeZone: viewerTimeZone, range: '30d', by, filter: anyUsage, sort: 'requests', limit: 1_000 },
    { refreshOn: ['requests.changed'], isAskedOnOpening: true },
  );
  return (value) => {
    const row = report.data?.rows.find((candidate) => candidate.value === value && candidate.sums.requests > 0);
    return report.data && row ? { sums: row.sums, filter: { [by]: value, ...report.data.span } } : null;
  };
}

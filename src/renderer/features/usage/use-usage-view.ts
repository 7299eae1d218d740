import { useMemo } from 'react';
import { useLocation, useSearch } from 'wouter';
import { anyUsage, noFilter } from '#shared/contract/no-filter.ts';
import {
  type UsageDimension,
  usageDimensionSchema,
  type UsageFilter,
  type UsageMeasure,
  usageMeasureSchema,
  type UsageRange,
  usageRangeSchema,
} from '#shared/contract/usage.ts';
import { readFilter } from '../../lib/read-filter.ts';
import { requestsAddress } from '../../lib/requests-address.ts';

export interface UsageView {
  range: UsageRange;
  by: UsageDimension;
  measure: UsageMeasure;
  filter: UsageFilter;
  /** The model that is asked about besides what was used; '' is none; null: nothing is asked. */
  whatIf: string | null;
}

/** What the page shows stands in its address. */
export function useUsageView(): { view: UsageView; change: (change: Partial<UsageView>) => void } {
  const search = useSearch();
  const [, navigate] = useLocation();
  const view = useMemo(() => readUsageView(new URLSearchParams(search)), [search]);
  return { view, change: (change) => navigate(usageAddress({ ...view, ...change }), { replace: true }) };
}

export function readUsageView(parameters: URLSearchParams): UsageView {
  const { tool, model, provider, lane, project, session, localKeyId } = readFilter(parameters);
  return {
    range: usageRangeSchema.safeParse(parameters.get('range')).data ?? '7d',
    by: usageDimensionSchema.safeParse(parameters.get('by')).data ?? 'tool',
    measure: usageMeasureSchema.safeParse(parameters.get('measure')).data ?? 'cost',
    filter: { tool, model, provider, lane, project, session, localKeyId },
    whatIf: parameters.get('what-if'),
  };
}

export function usageAddress({ range, by, measure, filter, whatIf }: UsageView): string {
  const [, parameters = ''] = requestsAddress({ ...noFilter, ...anyUsage, ...filter }).split('?');
  const own = { range, by, measure, ...(whatIf === null ? {} : { 'what-if': whatIf }) };
  return `/usage?${new URLSearchParams(own).toString()}${parameters === '' ? '' : `&${parameters}`}`;
}

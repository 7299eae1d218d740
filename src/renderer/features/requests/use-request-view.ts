import { useCallback, useMemo } from 'react';
import { useLocation, useSearch } from 'wouter';
import type { RequestFilter } from '#shared/contract/requests.ts';
import { noFilter } from '#shared/contract/no-filter.ts';
import { type RequestId, requestIdSchema } from '#shared/ids.ts';
import { readFilter } from '../../lib/read-filter.ts';
import { requestsAddress } from '../../lib/requests-address.ts';

export interface RequestView {
  filter: RequestFilter;
  selectedId: RequestId | null;
  setFilter: (change: Partial<RequestFilter>) => void;
  clearFilter: () => void;
  select: (id: RequestId | null) => void;
}

/** What the page shows stands in its address: it can be linked, reloaded, and left with Back. */
export function useRequestView(): RequestView {
  const search = useSearch();
  const [, navigate] = useLocation();
  const filter = useMemo(() => readFilter(new URLSearchParams(search)), [search]);
  const selectedId = useMemo(
    () => requestIdSchema.safeParse(new URLSearchParams(search).get('id')).data ?? null,
    [search],
  );

  const go = useCallback(
    (next: RequestFilter, id: RequestId | null) => navigate(requestsAddress(next, id), { replace: true }),
    [navigate],
  );
  return {
    filter,
    selectedId,
    setFilter: (change) => go({ ...filter, ...change }, selectedId),
    clearFilter: () => go(noFilter, selectedId),
    select: (id) => go(filter, id),
  };
}

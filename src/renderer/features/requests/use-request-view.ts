import { useCallback, useMemo } from 'react';
import { useLocation, useSearch } from 'wouter';
import { noFilter, type RequestFilter } from '#shared/contract/requests.ts';
import { laneSchema, requestStatusSchema } from '#shared/account/request.ts';
import { localKeyIdSchema, type RequestId, requestIdSchema } from '#shared/ids.ts';

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
  const selectedId = useMemo(() => requestIdSchema.safeParse(new URLSearchParams(search).get('id')).data ?? null, [search]);

  const go = useCallback(
    (next: RequestFilter, id: RequestId | null) => {
      const text = writeView(next, id);
      navigate(text ? `/requests?${text}` : '/requests', { replace: true });
    },
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

/** Reads a filter out of an address; whatever is not valid is left out. */
export function readFilter(parameters: URLSearchParams): RequestFilter {
  return {
    ...noFilter,
    lane: laneSchema.safeParse(parameters.get('lane')).data ?? null,
    status: requestStatusSchema.safeParse(parameters.get('status')).data ?? null,
    model: parameters.get('model'),
    provider: parameters.get('provider'),
    localKeyId: localKeyIdSchema.safeParse(parameters.get('key')).data ?? null,
    search: parameters.get('search')?.slice(0, 200) ?? null,
  };
}

export function writeView(filter: RequestFilter, id: RequestId | null): string {
  const { lane, status, model, provider, localKeyId: key, search } = filter;
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries({ lane, status, model, provider, key, search, id })) {
    if (value) parameters.set(name, value);
  }
  return parameters.toString();
}

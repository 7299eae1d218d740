import { type InfiniteData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { RequestFilter } from '#shared/contract/requests.ts';
import type { RequestSummary } from '#shared/account/request.ts';
import { corvus } from '../../lib/api.ts';
import type { CallError } from '../../lib/call-error.ts';
import { pagedQueryPrefix } from '../../lib/query.ts';
import { throttle } from '../../lib/throttle.ts';
import { applyChanges, insertOnTop, matchesFilter, type RowPage } from './live-rows.ts';

const pageSize = 200;
const applyIntervalMs = 300;
// Beyond this many waiting rows it is cheaper to read the list again.
const waitingLimit = 1_000;

type Pages = InfiniteData<RowPage, string | null>;

/**
 * The request list: pages by cursor, and live on top. While the reader is further down, new rows wait, so that nothing
 * moves under their eyes.
 */
export function useRequestList(filter: RequestFilter, isAtTop: () => boolean) {
  const client = useQueryClient();
  const queryKey = useMemo(() => [pagedQueryPrefix, 'requests.list', filter], [filter]);
  const query = useInfiniteQuery<RowPage, CallError, Pages, typeof queryKey, string | null>({
    queryKey,
    queryFn: ({ pageParam }) => corvus.call('requests.list', { filter, cursor: pageParam, limit: pageSize }),
    initialPageParam: null,
    getNextPageParam: (page) => page.nextCursor,
    // Comparing a hundred thousand rows with themselves costs more than drawing thirty.
    structuralSharing: false,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  const restart = useCallback(() => {
    client.setQueryData<Pages>(
      queryKey,
      (data) => data && { pages: data.pages.slice(0, 1), pageParams: data.pageParams.slice(0, 1) },
    );
    void client.invalidateQueries({ queryKey });
  }, [client, queryKey]);
  const { waiting, takeWaiting } = useLiveRows(queryKey, filter, isAtTop);
  useRestartAfterGap(restart);

  const pages = query.data?.pages;
  const rows = useMemo(() => pages?.flatMap((page) => page.rows) ?? [], [pages]);
  const showWaiting = useCallback(() => {
    const taken = takeWaiting();
    if (taken.length > waitingLimit) return restart();
    client.setQueryData<Pages>(queryKey, (data) => data && { ...data, pages: [...insertOnTop(data.pages, taken)] });
  }, [client, queryKey, takeWaiting, restart]);
  return { query, rows, waiting, showWaiting };
}

function useLiveRows(queryKey: readonly unknown[], filter: RequestFilter, isAtTop: () => boolean) {
  const client = useQueryClient();
  const arrived = useRef(new Map<string, RequestSummary>());
  const waitingRows = useRef(new Map<string, RequestSummary>());
  const [waiting, setWaiting] = useState(0);

  useEffect(() => {
    arrived.current.clear();
    waitingRows.current.clear();
    setWaiting(0);
    const apply = throttle(() => {
      const data = client.getQueryData<Pages>(queryKey);
      // Not loaded yet: the rows stay until there is a list to put them in.
      if (!data) return apply();
      const changed = [...arrived.current.values()];
      arrived.current.clear();
      const { pages, unknown } = applyChanges(data.pages, changed);
      const fitting = unknown.filter((row) => waitingRows.current.has(row.id) || matchesFilter(row, filter));
      const mayInsert = isAtTop() && waitingRows.current.size === 0;
      if (!mayInsert) for (const row of fitting) waitingRows.current.set(row.id, row);
      setWaiting(waitingRows.current.size);
      client.setQueryData<Pages>(queryKey, { ...data, pages: [...(mayInsert ? insertOnTop(pages, fitting) : pages)] });
    }, applyIntervalMs);
    const unsubscribe = corvus.on('requests.changed', ({ rows }) => {
      for (const row of rows) arrived.current.set(row.id, row);
      apply();
    });
    return () => {
      unsubscribe();
      apply.cancel();
    };
  }, [client, queryKey, filter, isAtTop]);

  const takeWaiting = useCallback(() => {
    const rows = [...waitingRows.current.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
    waitingRows.current.clear();
    setWaiting(0);
    return rows;
  }, []);
  return { waiting, takeWaiting };
}

function useRestartAfterGap(restart: () => void): void {
  useEffect(() => {
    let wasDisconnected = corvus.connection() === 'lost';
    return corvus.onConnection((state) => {
      if (state === 'open' && wasDisconnected) restart();
      wasDisconnected = state === 'lost' || (wasDisconnected && state !== 'open');
    });
  }, [restart]);
}

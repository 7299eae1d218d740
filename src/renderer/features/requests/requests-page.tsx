import { useCallback, useRef } from 'react';
import { Page } from '../../components/page.tsx';
import { Problem } from '../../components/problem.tsx';
import { SkeletonRows } from '../../components/skeleton.tsx';
import { countText } from '../../lib/format-number.ts';
import { useCorvusQuery } from '../../lib/query.ts';
import { RequestDetailPanel } from './request-detail-panel.tsx';
import { RequestFilters } from './request-filters.tsx';
import { RequestList } from './request-list.tsx';
import { NoRequests } from './no-requests.tsx';
import { RequestSums } from './request-sums.tsx';
import { RefusedCalls } from './refused-calls.tsx';
import { ParkedRequests } from './parked-requests.tsx';
import { RepeatedRequests } from './repeated-requests.tsx';
import { everyPage, exportPageSize } from '#shared/export/pages.ts';
import { requestColumns } from '#shared/export/columns.ts';
import type { RequestFilter } from '#shared/contract/requests.ts';
import { ExportButtons } from '../../components/export-buttons.tsx';
import { corvus } from '../../lib/api.ts';
import { useRequestList } from './use-request-list.ts';
import { useRequestView } from './use-request-view.ts';

export function RequestsPage() {
  const view = useRequestView();
  const scroller = useRef<HTMLDivElement>(null);
  const isAtTop = useCallback(() => (scroller.current?.scrollTop ?? 0) < 8, []);
  const { query, rows, waiting, showWaiting } = useRequestList(view.filter, isAtTop);
  const facets = useCorvusQuery('requests.facets', undefined, { refreshOn: ['requests.changed'] });

  function showNewRows() {
    showWaiting();
    scroller.current?.scrollTo({ top: 0 });
  }

  return (
    <Page
      title="Requests"
      isFilling
      actions={
        <>
          <RequestSums filter={view.filter} />
          <ExportButtons what="requests" columns={requestColumns} open={() => requestPages(view.filter)} />
        </>
      }
    >
      <RequestFilters view={view} facets={facets.data} />
      <RefusedCalls />
      <RepeatedRequests />
      <ParkedRequests />
      <div className="relative flex min-h-72 flex-1 gap-4 pb-5">
        <div className="@container relative flex min-w-0 flex-1 flex-col overflow-hidden rounded-xl border border-line bg-surface shadow-card has-[[role=grid]:focus-visible]:border-accent">
          {query.isPending && <SkeletonRows rows={10} label="Loading requests" />}
          {query.error && rows.length === 0 && (
            <div className="p-4">
              <Problem error={query.error} onRetry={() => void query.refetch()} />
            </div>
          )}
          {query.isSuccess && rows.length === 0 && <NoRequests filter={view.filter} onClear={view.clearFilter} />}
          {rows.length > 0 && (
            <RequestList
              scroller={scroller}
              rows={rows}
              hasMore={query.hasNextPage}
              isLoadingMore={query.isFetchingNextPage}
              moreError={query.isFetchNextPageError ? query.error : null}
              onMore={() => void query.fetchNextPage()}
              selectedId={view.selectedId}
              onSelect={view.select}
            />
          )}
          {waiting > 0 && (
            <button
              type="button"
              onClick={showNewRows}
              className="absolute top-11 left-1/2 z-20 -translate-x-1/2 animate-appear rounded-full bg-accent-fill px-4 py-1.5 text-sm font-medium text-on-accent shadow-float hover:bg-accent-fill-hover"
            >
              {countText(waiting)} new {waiting === 1 ? 'request' : 'requests'}
            </button>
          )}
        </div>
        {view.selectedId && <RequestDetailPanel id={view.selectedId} onClose={() => view.select(null)} />}
      </div>
    </Page>
  );
}

const requestPages = (filter: RequestFilter) =>
  everyPage((cursor) => corvus.call('requests.export', { filter, cursor, limit: exportPageSize }));

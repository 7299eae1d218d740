import { Inbox } from 'lucide-react';
import { Link } from 'wouter';
import { noFilter } from '#shared/contract/no-filter.ts';
import type { RequestSummary } from '#shared/account/request.ts';
import { Card } from '../../components/card.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { RequestLane } from '../../components/lane-label.tsx';
import { Problem } from '../../components/problem.tsx';
import { RequestCost } from '../../components/request-cost.tsx';
import { RequestStatusLabel } from '../../components/request-status.tsx';
import { SkeletonRows } from '../../components/skeleton.tsx';
import { ageText } from '../../lib/format-time.ts';
import { useCorvusQuery } from '../../lib/query.ts';
import { useNow } from '../../lib/use-now.ts';

const shownRows = 6;

/** The newest requests, updated live. */
export function LatestRequests() {
  const latest = useCorvusQuery(
    'requests.list',
    { filter: noFilter, cursor: null, limit: shownRows },
    { refreshOn: ['requests.changed'] },
  );
  const nowMs = useNow();
  return (
    <Card
      title="Latest requests"
      isFlush
      actions={
        <Link
          href="/requests"
          className="inline-flex min-h-[24px] items-center rounded text-sm font-medium text-accent hover:underline"
        >
          All requests
        </Link>
      }
    >
      {latest.isPending && <SkeletonRows rows={6} label="Loading the latest requests" />}
      {latest.error && (
        <div className="p-5 pt-0">
          <Problem error={latest.error} onRetry={() => void latest.refetch()} />
        </div>
      )}
      {latest.data?.rows.length === 0 && <EmptyState icon={<Inbox />} title="No requests yet" />}
      {latest.data && (
        <ul aria-label="Latest requests" className="pb-2">
          {latest.data.rows.map((row) => (
            <LatestRow key={row.id} row={row} nowMs={nowMs} />
          ))}
        </ul>
      )}
    </Card>
  );
}

function LatestRow({ row, nowMs }: { row: RequestSummary; nowMs: number }) {
  return (
    <li className="relative flex items-center gap-4 border-t border-line px-5 py-2.5 transition-colors first:border-t-0 hover:bg-hover">
      <div className="min-w-0 flex-1">
        <Link
          href={`/requests?id=${row.id}`}
          className="block truncate font-medium after:absolute after:inset-0"
          title={row.modelRequested || undefined}
        >
          {row.modelRequested || 'No model named'}
        </Link>
        <p className="flex gap-2 truncate text-[0.8125rem] text-ink-3">
          <RequestLane request={row} />
          <span className="truncate">{row.localKeyLabel ?? 'no key'}</span>
          <span className="shrink-0">{ageText(nowMs - row.createdAtMs)}</span>
        </p>
      </div>
      <div className="shrink-0 text-right text-sm">
        <p className="font-medium">
          <RequestCost request={row} />
        </p>
        <p className="text-[0.8125rem] text-ink-3">
          <RequestStatusLabel request={row} />
        </p>
      </div>
    </li>
  );
}

import { CircleCheck, LoaderCircle } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import type { RequestSummary } from '#shared/account/request.ts';
import { Button } from '../../components/button.tsx';
import { RequestCost } from '../../components/request-cost.tsx';
import { RequestStatusLabel } from '../../components/request-status.tsx';
import { corvus } from '../../lib/api.ts';

/** The newest request since the step began, as it comes and as it ends. */
export function LiveRequest({ onDone }: { onDone: () => void }) {
  const [request, setRequest] = useState<RequestSummary | null>(null);
  useEffect(
    () =>
      corvus.on('requests.changed', ({ rows }) => {
        const newest = rows.reduce<RequestSummary | null>(
          (best, row) => (best && best.createdAtMs > row.createdAtMs ? best : row),
          null,
        );
        setRequest((known) => (newest && (known === null || newest.createdAtMs >= known.createdAtMs) ? newest : known));
      }),
    [],
  );
  const isDone = request?.status === 'completed';
  return (
    <div role="status" aria-label="Live request" className="flex items-start gap-3 rounded-xl bg-inset px-4 py-3">
      {isDone ? (
        <CircleCheck aria-hidden className="mt-0.5 size-5 shrink-0 text-good" />
      ) : (
        <LoaderCircle aria-hidden className="mt-0.5 size-5 shrink-0 animate-spin text-ink-3" />
      )}
      <div className="min-w-0 flex-1">
        <p className="font-medium">
          {isDone ? 'It works: this request went through Corvus' : 'Waiting for the first request'}
        </p>
        {request ? (
          <p className="flex flex-wrap items-center gap-x-3 text-sm break-all text-ink-2">
            <span>{request.localKeyLabel ?? 'no key'}</span>
            <span>{request.modelServed ?? (request.modelRequested || 'no model')}</span>
            <RequestStatusLabel request={request} />
            <RequestCost request={request} />
            {request.status !== 'completed' && request.status !== 'open' && (
              <Link href={`/doctor?request=${request.id}`} className="text-accent underline underline-offset-2">
                Why did this fail?
              </Link>
            )}
          </p>
        ) : (
          <p className="text-sm text-ink-2">It appears here as it happens.</p>
        )}
        {isDone && (
          <Button look="primary" className="mt-3" onClick={onDone}>
            Open the Overview
          </Button>
        )}
      </div>
    </div>
  );
}

import type { ParkedRequest } from '#shared/account/parked-request.ts';
import { Button } from '../../components/button.tsx';
import { OfferPrices, SendThereButton } from '../../components/lane-offer.tsx';
import { InlineProblem } from '../../components/problem.tsx';
import { durationText } from '../../lib/format-number.ts';
import { useCorvusCommand, useCorvusQuery } from '../../lib/query.ts';
import { useNow } from '../../lib/use-now.ts';

/** Requests that have not been answered because they wait for money. */
export function ParkedRequests() {
  const { data } = useCorvusQuery('parked.list', undefined, { refreshOn: ['parked.changed'] });
  if (!data || data.length === 0) return null;
  return (
    <section aria-label="Waiting for money" className="rounded-lg border border-line bg-surface px-4 py-2 text-sm">
      <h2 className="font-medium text-warn">Waiting for money</h2>
      <ul className="mt-1 max-h-48 overflow-auto">
        {data.map((request) => (
          <ParkedRow key={request.requestId} request={request} />
        ))}
      </ul>
    </section>
  );
}

function ParkedRow({ request }: { request: ParkedRequest }) {
  const { requestId, localKeyLabel, model, awaits, required, sinceMs, untilMs } = request;
  const nowMs = useNow();
  const refuse = useCorvusCommand('parked.refuse');
  return (
    <li className="tabular py-1">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="w-32 shrink-0 whitespace-nowrap text-ink-3">
          for {durationText(Math.max(0, nowMs - sinceMs))}
        </span>
        <span className="min-w-40 flex-1 truncate">
          {localKeyLabel}: {model}
        </span>
        <span className="min-w-40 flex-1 truncate text-ink-2">
          {awaits.kind === 'balance' ? 'for the prepaid balance' : 'for an envelope'}
          {required === null ? '' : `, needs at least $${required}`}
        </span>
        <span className="w-40 shrink-0 text-right text-ink-3">
          refused in {durationText(Math.max(0, untilMs - nowMs))}
        </span>
        <Button
          size="small"
          look="quiet"
          aria-label={`Refuse now: the request of ${localKeyLabel}`}
          isBusy={refuse.isPending}
          onClick={() => refuse.mutate({ id: requestId })}
        >
          Refuse now
        </Button>
        <InlineProblem error={refuse.error} />
      </div>
      {request.offer && (
        <div className="flex flex-wrap items-center justify-between gap-3 text-ink-2">
          <div className="min-w-40 flex-1">
            <OfferPrices requests={[request]} />
          </div>
          <SendThereButton requests={[request]} />
        </div>
      )}
    </li>
  );
}

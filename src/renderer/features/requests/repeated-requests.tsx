import { Link } from 'wouter';
import type { RequestId } from '#shared/ids.ts';
import { repeatWords } from '#shared/domain/repeat.ts';
import { LetThroughButton, RepeatNotice } from '../../components/repeat-notice.tsx';
import { countText } from '../../lib/format-number.ts';
import { listTime } from '../../lib/format-time.ts';
import { useCorvusQuery } from '../../lib/query.ts';
import { useNow } from '../../lib/use-now.ts';

const useRepeats = () => useCorvusQuery('repeats.list', undefined, { refreshOn: ['repeats.changed'] });

/** Requests that came again and again have one row and a count: how many there were, and what they did not cost. */
export function RepeatedRequests() {
  const { data } = useRepeats();
  const nowMs = useNow();
  const words = data ? repeatWords(data) : null;
  if (!data || words === null) return null;
  return (
    <details className="rounded-lg border border-line bg-surface px-4 py-2 text-sm text-ink-2">
      <summary className="cursor-pointer">{words}</summary>
      <ul className="mt-2 max-h-48 overflow-auto" aria-label="Repeated requests">
        {data.requests.map((repeated) => {
          const { requestId, localKeyLabel, model, answered, saved, errorCode, httpStatus, lastAtMs, isHeld } =
            repeated;
          return (
            <li key={requestId} className="tabular flex flex-wrap items-center gap-x-3 gap-y-1 py-1">
              <span className="w-16 shrink-0 text-right">{countText(answered)}</span>
              <span className="w-28 shrink-0 text-ink-3">{listTime(lastAtMs, nowMs)}</span>
              <Link
                href={`/requests?id=${requestId}`}
                className="min-w-40 flex-1 truncate rounded text-accent underline underline-offset-2"
              >
                {localKeyLabel}: {model || 'no model'}
              </Link>
              <span className="min-w-40 flex-1 truncate">{errorCode ?? `HTTP ${httpStatus}`}</span>
              <span className="w-28 shrink-0 text-right text-ink-3">{saved === null ? 'unknown' : `$${saved}`}</span>
              <span className="flex w-28 shrink-0 justify-end">
                {isHeld && <LetThroughButton repeated={repeated} />}
              </span>
            </li>
          );
        })}
      </ul>
    </details>
  );
}

/** What came after one request, beside its details. */
export function RepeatsOf({ id }: { id: RequestId }) {
  const repeated = useRepeats().data?.requests.find(({ requestId }) => requestId === id);
  return repeated ? <RepeatNotice repeated={repeated} /> : null;
}

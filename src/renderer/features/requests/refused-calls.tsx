import { refusedWords } from '#shared/domain/refused-calls.ts';
import { countText } from '../../lib/format-number.ts';
import { listTime } from '../../lib/format-time.ts';
import { useCorvusQuery } from '../../lib/query.ts';
import { useNow } from '../../lib/use-now.ts';

/** Calls without a valid key have no rows. Says which programs made them, so that a wrong key can be found. */
export function RefusedCalls() {
  const { data } = useCorvusQuery('requests.refusals', undefined, { refreshOn: ['requests.refused'] });
  const nowMs = useNow();
  const words = data ? refusedWords(data, (atMs) => listTime(atMs, nowMs)) : null;
  if (!data || words === null) return null;
  return (
    <details className="rounded-lg border border-line bg-surface px-4 py-2 text-sm text-ink-2">
      <summary className="cursor-pointer truncate">{words}</summary>
      <ul className="mt-2 max-h-48 overflow-auto">
        {data.kinds.map(({ errorCode, endpoint, userAgent, count, lastAtMs }) => (
          <li key={`${errorCode} ${endpoint} ${userAgent}`} className="tabular flex flex-wrap gap-x-3 py-1">
            <span className="w-16 shrink-0 text-right">{countText(count)}</span>
            <span className="w-28 shrink-0 text-ink-3">{listTime(lastAtMs, nowMs)}</span>
            <span className="w-44 shrink-0 truncate">{errorCode}</span>
            <span className="min-w-40 flex-1 truncate">{endpoint}</span>
            <span className="min-w-40 flex-1 truncate text-ink-3">{userAgent ?? 'a program without a name'}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

import type { UsedRecently } from '../lib/use-usage-by.ts';
import { countText, plural } from '../lib/format-number.ts';
import { RequestsLink } from './requests-link.tsx';
import { SumLink } from './sum-link.tsx';

/** What something used in the last 30 days: "$1.23 · 45 requests". */
export function RecentUsage({ usage }: { usage: UsedRecently | null }) {
  if (usage === null) return <span className="text-ink-3">–</span>;
  const { sums, filter } = usage;
  return (
    <span className="tabular">
      <SumLink sums={sums} measure="cost" filter={filter} className="font-medium" />
      <span className="text-ink-3"> · </span>
      <RecentRequests usage={usage} />
      {sums.unpriced > 0 && (
        <span className="block text-xs text-warn">
          <SumLink sums={sums} measure="unpriced" filter={filter} />
        </span>
      )}
    </span>
  );
}

/** "45 requests", as a link to them. */
export function RecentRequests({ usage: { sums, filter } }: { usage: UsedRecently }) {
  return (
    <RequestsLink filter={{ status: 'ended', ...filter }} title={`Requests: ${countText(sums.requests)}`}>
      {plural(sums.requests, 'request')}
    </RequestsLink>
  );
}

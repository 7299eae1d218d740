import type { RequestSummary } from '#shared/account/request.ts';
import { Money } from './money.tsx';

/** What a request cost, in a column: an amount, free, still being counted, or unknown. */
export function RequestCost({ request }: { request: Pick<RequestSummary, 'cost' | 'costKind' | 'status'> }) {
  const { cost, costKind, status } = request;
  if (costKind === 'free' && (status === 'refused' || status === 'failed')) {
    return (
      <span title="Nothing was charged" className="tabular text-ink-3">
        $0.00
      </span>
    );
  }
  if (costKind === 'parts') return <span className="text-ink-3">Multiple</span>;
  if (costKind === 'free') return <span className="text-ink-2">Free</span>;
  if (cost === null && (costKind === 'pending' || status === 'open')) return <span className="text-ink-3">Counting…</span>;
  return (
    <span className="inline-flex items-baseline gap-0.5">
      {costKind === 'estimate' && cost !== null && (
        <abbr title="Estimated: your provider bills it directly" className="text-ink-3 no-underline">
          ≈
        </abbr>
      )}
      <Money amount={cost} isFocusable={false} />
    </span>
  );
}

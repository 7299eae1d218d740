import { TriangleAlert } from 'lucide-react';
import { chargeFaultText } from '#shared/account/charge-faults.ts';
import type { RequestSummary } from '#shared/account/request.ts';
import { Money } from './money.tsx';

/** What a request cost, in a column: an amount, free, still being counted, or unknown. */
export function RequestCost({ request }: { request: Pick<RequestSummary, 'cost' | 'costKind' | 'match' | 'status'> }) {
  const { cost, costKind, match, status } = request;
  if (match !== null && match !== 'agrees') return <FaultyCost cost={cost} title={chargeFaultText[match].title} />;
  if (costKind === 'free' && (status === 'refused' || status === 'failed')) {
    return (
      <span title="Nothing was charged" className="tabular text-ink-3">
        $0.00
      </span>
    );
  }
  if (costKind === 'parts') return <span className="text-ink-3">Multiple</span>;
  if (costKind === 'free') return <span className="text-ink-2">Free</span>;
  if (cost === null && (costKind === 'pending' || status === 'open'))
    return <span className="text-ink-3">Counting…</span>;
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

function FaultyCost({ cost, title }: { cost: string | null; title: string }) {
  return (
    <span className="inline-flex items-center gap-1 text-bad" title={title}>
      <TriangleAlert role="img" aria-label={title} className="size-3.5 shrink-0" />
      <Money amount={cost} isFocusable={false} />
    </span>
  );
}

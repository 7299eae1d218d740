import { Link } from 'wouter';
import type { RequestDetail } from '#shared/account/request.ts';
import { nanoUsd, parseUsd, usdText } from '#shared/money.ts';
import { Money } from '../../components/money.tsx';
import { RequestCost } from '../../components/request-cost.tsx';

/** The models that answered a request together: each is a request of its own, and together they are what it cost. */
export function PartsList({ parts }: { parts: RequestDetail['parts'] }) {
  return (
    <section aria-label="Sub-requests">
      <h3 className="mb-1 text-sm font-semibold">Cost</h3>
      <p className="text-[1.4rem] font-semibold tracking-tight break-all">
        <Money amount={sumOf(parts)} as="exact" />
      </p>
      <p className="text-[0.8125rem] text-ink-2">The sum of its {parts.length} sub-requests.</p>
      <ul className="mt-3 divide-y divide-line rounded-lg border border-line text-sm">
        {parts.map((part) => (
          <li key={part.id} className="flex items-baseline justify-between gap-3 px-3 py-2">
            <Link
              href={`/requests?id=${encodeURIComponent(part.id)}`}
              className="min-w-0 truncate rounded hover:underline"
            >
              {part.modelRequested}
            </Link>
            <span className="tabular">
              <RequestCost request={part} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** null while one of them is not known. */
function sumOf(parts: RequestDetail['parts']): string | null {
  let sum = 0n;
  for (const { cost } of parts) {
    const amount = cost === null ? null : parseUsd(cost);
    if (amount === null) return null;
    sum += amount;
  }
  return usdText(nanoUsd(sum));
}

import type { RequestFilter } from '#shared/contract/requests.ts';
import { noFilter } from '#shared/contract/no-filter.ts';
import { Money } from '../../components/money.tsx';
import { countText, plural, tokensText } from '../../lib/format-number.ts';
import { useCorvusQuery } from '../../lib/query.ts';
import { isFiltered } from '../../lib/requests-address.ts';

/** What the listed requests add up to. */
export function RequestSums({ filter }: { filter: RequestFilter }) {
  const sums = useCorvusQuery(
    'requests.sum',
    { filter: isFiltered(filter) ? filter : noFilter },
    { refreshOn: ['requests.changed'], keepPrevious: true },
  );
  if (!sums.data) return null;
  const { requests, open, cost, unpriced, inputTokens, outputTokens } = sums.data;
  return (
    <p aria-label="Sums of the listed requests" className="tabular flex flex-wrap gap-x-4 text-sm text-ink-2">
      <span>{plural(requests, 'request')}</span>
      {open > 0 && <span>{countText(open)} running</span>}
      <span>
        <Money amount={cost} className="font-medium text-ink" />
        {unpriced > 0 && <span className="text-warn"> + {countText(unpriced)} of unknown cost</span>}
      </span>
      <span title={`${countText(inputTokens)} in, ${countText(outputTokens)} out`}>
        {tokensText(inputTokens + outputTokens)} tokens
      </span>
    </p>
  );
}

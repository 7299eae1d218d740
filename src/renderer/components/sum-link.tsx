import type { RequestFilter } from '#shared/contract/requests.ts';
import type { UsageSums } from '#shared/contract/usage.ts';
import { measureNames, measureTexts, type ShownMeasure } from '../lib/usage-words.ts';
import { RequestsLink } from './requests-link.tsx';

interface SumLinkProps {
  sums: UsageSums;
  measure: ShownMeasure;
  /** The requests that were summed; those of the measure are chosen among them. */
  filter: Partial<RequestFilter>;
  className?: string;
}

/** A sum that leads to its requests, and shows every digit when it is pointed at. */
export function SumLink({ sums, measure, filter, className }: SumLinkProps) {
  const texts = measureTexts(sums, measure);
  if (texts === null) return <span className="text-ink-3">–</span>;
  return (
    <RequestsLink
      filter={{ status: 'ended', ...filter, ...narrowed[measure] }}
      title={`${measureNames[measure]}: ${texts.exact}`}
      className={className}
    >
      <span className="tabular whitespace-nowrap">
        {measure === 'unpriced' ? `+ ${texts.short} of unknown cost` : texts.short}
      </span>
    </RequestsLink>
  );
}

const narrowed: Partial<Record<ShownMeasure, Partial<RequestFilter>>> = {
  failures: { status: 'failures' },
  unpriced: { cost: 'unknown' },
  cacheLost: { cost: 'lost-cache' },
};

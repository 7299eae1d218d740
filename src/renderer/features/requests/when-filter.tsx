import type { RequestFilter } from '#shared/contract/requests.ts';
import { momentText } from '../../lib/format-time.ts';
import { FilterSelect } from './filter-select.tsx';

type Span = Pick<RequestFilter, 'fromMs' | 'toMs'>;

const presets = [
  { label: 'Today', days: 1 },
  { label: 'Last 7 days', days: 7 },
  { label: 'Last 30 days', days: 30 },
] as const;

/** Since the start of a day; a span that another page asked for stands beside the usual ones. */
export function WhenFilter({ span, onSpan }: { span: Span; onSpan: (span: Span) => void }) {
  const usual = presets.map(({ label, days }) => ({ label, span: { fromMs: startOfDay(days - 1), toMs: null } }));
  const isUsual = usual.some((option) => textOf(option.span) === textOf(span));
  const given = isUsual || (span.fromMs === null && span.toMs === null) ? [] : [{ label: words(span), span }];
  const options = [...given, ...usual];
  return (
    <FilterSelect
      label="Time"
      all="Any time"
      value={span.fromMs === null && span.toMs === null ? null : textOf(span)}
      options={options.map((option) => ({ value: textOf(option.span), label: option.label }))}
      onValue={(value) =>
        onSpan(options.find((option) => textOf(option.span) === value)?.span ?? { fromMs: null, toMs: null })
      }
    />
  );
}

function textOf({ fromMs, toMs }: Span): string {
  return `${fromMs ?? ''}..${toMs ?? ''}`;
}

function words({ fromMs, toMs }: Span): string {
  if (fromMs === null) return `until ${momentText(toMs ?? 0)}`;
  return toMs === null ? `since ${momentText(fromMs)}` : `${momentText(fromMs)} – ${momentText(toMs)}`;
}

function startOfDay(daysAgo: number): number {
  const now = new Date();
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() - daysAgo).getTime();
}

import type { Output } from '#shared/contract/contract.ts';
import type { UsageFilter } from '#shared/contract/usage.ts';
import { Skeleton } from '../../components/skeleton.tsx';
import { SumLink } from '../../components/sum-link.tsx';
import { momentText } from '../../lib/format-time.ts';
import { measureNames, measureTexts, type ShownMeasure } from '../../lib/usage-words.ts';

const shown: readonly ShownMeasure[] = ['cost', 'requests', 'tokens', 'cached', 'firstByte', 'duration', 'failures'];

/** The sums of the days, each beside what it was in as many days before. */
export function UsageTotals({ report, filter }: { report: Output<'usage.report'> | undefined; filter: UsageFilter }) {
  if (!report) return <Skeleton className="h-24" />;
  const { span, before, total, totalBefore } = report;
  const compared = `${momentText(before.fromMs)} – ${momentText(before.toMs)}`;
  return (
    <section aria-label="Sums" className="rounded-xl border border-line bg-surface shadow-card">
      <dl className="grid grid-cols-2 gap-x-6 gap-y-4 px-5 py-4 sm:grid-cols-4 xl:grid-cols-7">
        {shown.map((measure) => (
          <div key={measure} className="min-w-0">
            <dt className="text-xs text-ink-2">{measureNames[measure]}</dt>
            <dd className="text-[1.3rem] font-semibold tracking-tight">
              <SumLink sums={total} measure={measure} filter={{ ...filter, ...span }} />
            </dd>
            {measure === 'cost' && total.unpriced > 0 && (
              <dd className="text-xs text-warn">
                <SumLink sums={total} measure="unpriced" filter={{ ...filter, ...span }} />
              </dd>
            )}
            {measureTexts(totalBefore, measure) !== null && (
              <dd className="truncate text-xs text-ink-3" title={compared}>
                before: <SumLink sums={totalBefore} measure={measure} filter={{ ...filter, ...before }} />
              </dd>
            )}
          </div>
        ))}
      </dl>
      <p className="border-t border-line px-5 py-2 text-xs text-ink-3">Before: {compared}.</p>
    </section>
  );
}

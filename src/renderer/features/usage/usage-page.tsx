import { ChartColumn } from 'lucide-react';
import { useState } from 'react';
import type { Output } from '#shared/contract/contract.ts';
import { Card } from '../../components/card.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { Page } from '../../components/page.tsx';
import { Problem } from '../../components/problem.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { Skeleton, SkeletonRows } from '../../components/skeleton.tsx';
import { UsageBars } from '../../components/usage-bars.tsx';
import { mostSeries, seriesColour } from '../../lib/series-colours.ts';
import { useCorvusQuery } from '../../lib/query.ts';
import { viewerTimeZone } from '../../lib/format-time.ts';
import { dimensionNames, measureNames, valueName } from '../../lib/usage-words.ts';
import type { LocalKey } from '#shared/domain/local-key.ts';
import { usageColumns } from '#shared/export/columns.ts';
import { everyPage, usageRows } from '#shared/export/pages.ts';
import { ExportButtons } from '../../components/export-buttons.tsx';
import { corvus } from '../../lib/api.ts';
import { ActiveFilters } from './active-filters.tsx';
import { CacheCard } from './cache-card.tsx';
import { MonthFile } from './month-file.tsx';
import { RangeChoice } from './range-choice.tsx';
import { UsageTable } from './usage-table.tsx';
import { UsageTotals } from './usage-totals.tsx';
import { type UsageView, useUsageView } from './use-usage-view.ts';
import { WhatIf } from './what-if.tsx';

const rowsAtFirst = 50;

/** What was used by whom and for what: any days, by any of the things that a request belongs to. */
export function UsagePage() {
  const { view, change } = useUsageView();
  const { range, by, measure, filter } = view;
  const [limit, setLimit] = useState(rowsAtFirst);
  const keys = useCorvusQuery('keys.list', undefined, { refreshOn: ['keys.changed'] });
  const report = useCorvusQuery(
    'usage.report',
    { timeZone: viewerTimeZone, range, by, filter, sort: measure, limit },
    { refreshOn: ['requests.changed'], keepPrevious: true, isAskedOnOpening: true },
  );
  return (
    <Page
      title="Usage"
      description="Every number leads to its requests."
      actions={
        <>
          <ExportButtons what="usage" columns={usageColumns} open={() => usagePages(view, keys.data ?? [])} />
          <RangeChoice range={range} onRange={(next) => change({ range: next })} />
        </>
      }
    >
      <ActiveFilters view={view} keys={keys.data ?? []} onFilter={(next) => change({ filter: next })} />
      {report.error && <Problem error={report.error} onRetry={() => void report.refetch()} />}
      {!report.error && <UsageTotals report={report.data} filter={filter} />}
      <Card
        title="Over time"
        actions={
          <Segmented label="Measure" value={measure} options={measures} onValue={(next) => change({ measure: next })} />
        }
      >
        {report.isPending && <Skeleton className="h-72" />}
        {report.data && (
          <Chart report={report.data} view={view} nameOf={(value) => valueName(by, value, keys.data ?? [])} />
        )}
      </Card>
      <Card
        title={`By ${dimensionNames[by].toLowerCase()}`}
        isFlush
        actions={
          <Segmented label="Divide by" value={by} options={dimensions} onValue={(next) => change({ by: next })} />
        }
      >
        {report.isPending && <SkeletonRows rows={5} label="Loading the usage" />}
        {report.data && (
          <UsageTable
            report={report.data}
            view={view}
            keys={keys.data ?? []}
            onOnly={(value) => change({ filter: { ...filter, [by]: value }, by: nextDimension(view) })}
            onMore={() => setLimit(1_000)}
          />
        )}
      </Card>
      <WhatIf view={view} onChange={(whatIf) => change({ whatIf })} />
      {report.data && <CacheCard report={report.data} view={view} keys={keys.data ?? []} />}
      <MonthFile />
    </Page>
  );
}

const measures = (['cost', 'requests', 'tokens', 'failures'] as const).map((value) => ({
  value,
  label: measureNames[value],
}));
const order = ['tool', 'model', 'provider', 'lane', 'project', 'session', 'localKeyId'] as const;
const dimensions = order.map((value) => ({ value, label: dimensionNames[value] }));

/** What is asked next about one value: the first dimension that is not fixed yet. */
function nextDimension({ by, filter }: UsageView): UsageView['by'] {
  const open = order.filter((dimension) => dimension !== by && filter[dimension] === null);
  return open.find((dimension) => dimension === 'model') ?? open[0] ?? by;
}

function Chart({
  report,
  view: { by, measure, filter },
  nameOf,
}: {
  report: Output<'usage.report'>;
  view: UsageView;
  nameOf: (value: string) => string;
}) {
  if (report.total.requests === 0) {
    return (
      <EmptyState icon={<ChartColumn />} title="No requests in this time">
        Choose other days, or send a request.
      </EmptyState>
    );
  }
  const shown = report.rows.filter(({ sums }) => sums.requests > 0).slice(0, mostSeries);
  const colours = shown.map(({ value }, index) => ({
    value,
    name: nameOf(value),
    colour: seriesColour(by === 'lane', value, index),
  }));
  return <UsageBars buckets={report.buckets} measure={measure} colours={colours} filter={filter} />;
}

function usagePages({ range, by, measure, filter }: UsageView, keys: readonly LocalKey[]) {
  return everyPage(async () => {
    const report = await corvus.call('usage.report', {
      timeZone: viewerTimeZone,
      range,
      by,
      filter,
      sort: measure,
      limit: null,
    });
    return {
      rows: usageRows(report, by === 'localKeyId' ? 'key' : by, (value) => valueName(by, value, keys)),
      nextCursor: null,
    };
  });
}

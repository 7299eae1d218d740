import { ChartColumn } from 'lucide-react';
import { lazy, Suspense, useMemo } from 'react';
import type { Lane } from '#shared/account/request.ts';
import { nanoUsd, parseUsd, sumUsd, usdText } from '#shared/money.ts';
import type { Output } from '#shared/contract/contract.ts';
import { Card } from '../../components/card.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { LaneLabel } from '../../components/lane-label.tsx';
import { Money } from '../../components/money.tsx';
import { Problem } from '../../components/problem.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { tokensText, countText } from '../../lib/format-number.ts';
import { useCorvusQuery } from '../../lib/query.ts';
import { viewerTimeZone } from '../../lib/time-zone.ts';
import { chartBuckets } from './chart-buckets.ts';
import { type ChartMeasure, type ChartRange, useOverviewStore } from './overview-store.ts';

// The chart library is the largest part of the app: the balance does not wait for it.
const SpendChart = lazy(() => import('./spend-chart.tsx').then(({ SpendChart }) => ({ default: SpendChart })));

const ranges: readonly { value: ChartRange; label: string }[] = [
  { value: '24h', label: '24 h' },
  { value: '7d', label: '7 days' },
  { value: '30d', label: '30 days' },
  { value: '90d', label: '90 days' },
];
const measures: readonly { value: ChartMeasure; label: string }[] = [
  { value: 'cost', label: 'Cost' },
  { value: 'requests', label: 'Requests' },
  { value: 'tokens', label: 'Tokens' },
];
const lanes: readonly Lane[] = ['prepaid', 'byok', 'local'];

export function SpendChartCard() {
  const { range, measure, setRange, setMeasure } = useOverviewStore();
  const series = useCorvusQuery(
    'balance.series',
    { timeZone: viewerTimeZone, range },
    { refreshOn: ['requests.changed'], keepPrevious: true },
  );
  return (
    <Card
      title="Usage"
      actions={
        <div className="flex flex-wrap gap-2">
          <Segmented label="Measure" value={measure} options={measures} onValue={setMeasure} />
          <Segmented label="Time range" value={range} options={ranges} onValue={setRange} />
        </div>
      }
    >
      {series.isPending && <Skeleton className="h-72" />}
      {series.error && <Problem error={series.error} onRetry={() => void series.refetch()} />}
      {series.data && <ChartOrNothing series={series.data} measure={measure} />}
    </Card>
  );
}

function ChartOrNothing({ series, measure }: { series: Output<'balance.series'>; measure: ChartMeasure }) {
  const buckets = useMemo(() => chartBuckets(series, measure), [series, measure]);
  if (series.points.length === 0) {
    return (
      <EmptyState icon={<ChartColumn />} title="No requests in this time">
        Choose a longer range, or send a request.
      </EmptyState>
    );
  }
  return (
    <>
      <LaneTotals series={series} measure={measure} />
      <Suspense fallback={<Skeleton className="h-64" />}>
        <SpendChart buckets={buckets} measure={measure} isHourly={series.stepMs < 86_400_000} />
      </Suspense>
    </>
  );
}

function LaneTotals({ series, measure }: { series: Output<'balance.series'>; measure: ChartMeasure }) {
  return (
    <dl className="mb-3 flex flex-wrap gap-x-7 gap-y-2">
      {lanes
        .map((lane) => ({ lane, points: series.points.filter((point) => point.lane === lane) }))
        .filter(({ points }) => points.length > 0)
        .map(({ lane, points }) => (
          <div key={lane}>
            <dt className="text-xs text-ink-2">
              <LaneLabel lane={lane} />
            </dt>
            <dd className="tabular text-lg font-semibold">
              {measure === 'cost' ? (
                <Money amount={usdText(sumUsd(points.map((point) => parseUsd(point.cost) ?? nanoUsd(0n))))} />
              ) : (
                totalText(
                  points.reduce((total, point) => total + point[measure], 0),
                  measure,
                )
              )}
            </dd>
          </div>
        ))}
    </dl>
  );
}

function totalText(total: number, measure: ChartMeasure): string {
  return measure === 'tokens' ? tokensText(total) : countText(total);
}

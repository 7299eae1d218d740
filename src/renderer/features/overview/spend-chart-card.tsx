import { ChartColumn } from 'lucide-react';
import { Link } from 'wouter';
import { create } from 'zustand';
import type { Output } from '#shared/contract/contract.ts';
import type { UsageMeasure } from '#shared/contract/usage.ts';
import { anyUsage } from '#shared/contract/no-filter.ts';
import type { Lane } from '#shared/account/request.ts';
import { Card } from '../../components/card.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { LaneLabel } from '../../components/lane-label.tsx';
import { Problem } from '../../components/problem.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { SumLink } from '../../components/sum-link.tsx';
import { UsageBars } from '../../components/usage-bars.tsx';
import { useCorvusQuery } from '../../lib/query.ts';
import { seriesColour } from '../../lib/series-colours.ts';
import { viewerTimeZone } from '../../lib/format-time.ts';
import { laneNames, measureNames } from '../../lib/usage-words.ts';

type ChartRange = '24h' | '7d' | '30d' | '90d';
type ChartMeasure = Exclude<UsageMeasure, 'failures'>;

interface OverviewState {
  range: ChartRange;
  measure: ChartMeasure;
  setRange: (range: ChartRange) => void;
  setMeasure: (measure: ChartMeasure) => void;
}

const useOverviewStore = create<OverviewState>((set) => ({
  range: '7d',
  measure: 'cost',
  setRange: (range) => set({ range }),
  setMeasure: (measure) => set({ measure }),
}));

const ranges: readonly { value: ChartRange; label: string }[] = [
  { value: '24h', label: '24 h' },
  { value: '7d', label: '7 days' },
  { value: '30d', label: '30 days' },
  { value: '90d', label: '90 days' },
];
const measures = (['cost', 'requests', 'tokens'] as const).map((value) => ({ value, label: measureNames[value] }));
const lanes: readonly Lane[] = ['prepaid', 'byok', 'local'];
const colours = lanes.map((value, index) => ({
  value,
  name: laneNames[value],
  colour: seriesColour(true, value, index),
}));

export function SpendChartCard() {
  const { range, measure, setRange, setMeasure } = useOverviewStore();
  const report = useCorvusQuery(
    'usage.report',
    { timeZone: viewerTimeZone, range, by: 'lane', filter: anyUsage, sort: 'cost', limit: 10 },
    { refreshOn: ['requests.changed'], keepPrevious: true },
  );
  return (
    <Card
      title={
        <Link href={`/usage?range=${range}&by=lane`} className="rounded hover:underline">
          Usage
        </Link>
      }
      actions={
        <div className="flex flex-wrap gap-2">
          <Segmented label="Measure" value={measure} options={measures} onValue={setMeasure} />
          <Segmented label="Time range" value={range} options={ranges} onValue={setRange} />
        </div>
      }
    >
      {report.isPending && <Skeleton className="h-72" />}
      {report.error && <Problem error={report.error} onRetry={() => void report.refetch()} />}
      {report.data && <ChartOrNothing report={report.data} measure={measure} />}
    </Card>
  );
}

function ChartOrNothing({ report, measure }: { report: Output<'usage.report'>; measure: UsageMeasure }) {
  if (report.total.requests === 0) {
    return (
      <EmptyState icon={<ChartColumn />} title="No requests in this time">
        Choose a longer range, or send a request.
      </EmptyState>
    );
  }
  return (
    <>
      <LaneTotals report={report} measure={measure} />
      <UsageBars buckets={report.buckets} measure={measure} colours={colours} filter={{}} isExplained />
    </>
  );
}

function LaneTotals({ report: { rows, span }, measure }: { report: Output<'usage.report'>; measure: UsageMeasure }) {
  return (
    <dl className="mb-3 flex flex-wrap gap-x-7 gap-y-2">
      {lanes.flatMap((lane) => {
        const sums = rows.find(({ value }) => value === lane)?.sums;
        return sums && sums.requests > 0
          ? [
              <div key={lane}>
                <dt className="text-xs text-ink-2">
                  <LaneLabel lane={lane} />
                </dt>
                <dd className="text-lg font-semibold">
                  <SumLink sums={sums} measure={measure} filter={{ lane, ...span }} />
                </dd>
              </div>,
            ]
          : [];
      })}
    </dl>
  );
}

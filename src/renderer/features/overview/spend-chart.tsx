import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import type { Lane } from '#shared/account/request.ts';
import { parseUsd } from '#shared/money.ts';
import { LaneLabel, laneNames } from '../../components/lane-label.tsx';
import { exactUsd, shortUsd } from '../../lib/format-money.ts';
import { countText, tokensText } from '../../lib/format-number.ts';
import type { ChartBucket } from './chart-buckets.ts';
import type { ChartMeasure } from './overview-store.ts';

const lanes: readonly Lane[] = ['prepaid', 'byok', 'local'];
const hour = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const fullHour = new Intl.DateTimeFormat('en-GB', { weekday: 'short', hour: '2-digit', minute: '2-digit' });
const fullDay = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'long' });

interface SpendChartProps {
  buckets: ChartBucket[];
  measure: ChartMeasure;
  isHourly: boolean;
}

/** Stacked bars by lane. A table has the same figures for screen readers. */
export function SpendChart({ buckets, measure, isHourly }: SpendChartProps) {
  const used = lanes.filter((lane) => buckets.some((bucket) => bucket[lane] > 0));
  return (
    <figure>
      <div aria-hidden className="h-72">
        <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 640, height: 256 }}>
          <BarChart data={buckets} accessibilityLayer={false} margin={{ top: 4, right: 4, bottom: 0, left: 0 }} barCategoryGap="18%">
            <CartesianGrid vertical={false} stroke="var(--line)" />
            <XAxis
              dataKey="startMs"
              tickFormatter={(startMs: number) => (isHourly ? hour : day).format(startMs)}
              tick={{ fill: 'var(--ink-3)', fontSize: 12 }}
              tickLine={false}
              axisLine={{ stroke: 'var(--line-strong)' }}
              minTickGap={28}
            />
            <YAxis
              width={62}
              tickFormatter={(value: number) => axisText(value, measure)}
              tick={{ fill: 'var(--ink-3)', fontSize: 12 }}
              tickLine={false}
              axisLine={false}
            />
            <Tooltip
              cursor={{ fill: 'var(--hover)' }}
              isAnimationActive={false}
              content={({ active, label }) =>
                active ? <BarLabel bucket={buckets.find(({ startMs }) => startMs === label)} measure={measure} isHourly={isHourly} /> : null
              }
            />
            {used.map((lane) => (
              <Bar
                key={lane}
                dataKey={lane}
                stackId="lanes"
                fill={`var(--lane-${lane})`}
                isAnimationActive={false}
                maxBarSize={44}
                minPointSize={0}
                radius={2}
              />
            ))}
          </BarChart>
        </ResponsiveContainer>
      </div>
      <ChartTable buckets={buckets} used={used} measure={measure} isHourly={isHourly} />
    </figure>
  );
}

function ChartTable({ buckets, used, measure, isHourly }: SpendChartProps & { used: readonly Lane[] }) {
  return (
    <table className="sr-only">
      <caption>Usage over time by lane</caption>
      <thead>
        <tr>
          <th scope="col">Time</th>
          {used.map((lane) => (
            <th key={lane} scope="col">
              {laneNames[lane]}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {buckets
          .filter((bucket) => Object.keys(bucket.exact).length > 0)
          .map((bucket) => (
            <tr key={bucket.startMs}>
              <th scope="row">{(isHourly ? fullHour : fullDay).format(bucket.startMs)}</th>
              {used.map((lane) => (
                <td key={lane}>{exactText(bucket.exact[lane], measure)}</td>
              ))}
            </tr>
          ))}
      </tbody>
    </table>
  );
}

function BarLabel({ bucket, measure, isHourly }: { bucket: ChartBucket | undefined; measure: ChartMeasure; isHourly: boolean }) {
  if (!bucket) return null;
  return (
    <div className="rounded-lg border border-line bg-surface px-3 py-2 text-sm shadow-float">
      <p className="mb-1 text-xs text-ink-3">{(isHourly ? fullHour : fullDay).format(bucket.startMs)}</p>
      {lanes
        .filter((lane) => bucket.exact[lane] !== undefined)
        .map((lane) => (
          <p key={lane} className="flex items-center justify-between gap-6">
            <LaneLabel lane={lane} className="text-ink-2" />
            <span className="tabular font-medium">{exactText(bucket.exact[lane], measure)}</span>
          </p>
        ))}
      {Object.keys(bucket.exact).length === 0 && <p className="text-ink-2">No requests</p>}
    </div>
  );
}

function exactText(text: string | undefined, measure: ChartMeasure): string {
  if (text === undefined) return 'none';
  const amount = measure === 'cost' ? parseUsd(text) : null;
  return amount === null ? countText(Number(text)) : exactUsd(amount);
}

function axisText(value: number, measure: ChartMeasure): string {
  if (measure === 'tokens') return tokensText(value);
  if (measure === 'requests') return countText(value);
  if (value === 0 || value >= 1) return `$${value.toFixed(2)}`;
  // Steps between cents need a third digit.
  if (value >= 0.01) return `$${value.toFixed(3)}`;
  const amount = parseUsd(value.toFixed(9));
  return amount === null ? '' : shortUsd(amount);
}

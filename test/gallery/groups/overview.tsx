import type { Output } from '#shared/contract/contract.ts';
import { anyUsage, noFilter } from '#shared/contract/no-filter.ts';
import { hourMs } from '#shared/time.ts';
import { SidebarBalance } from '../../../src/renderer/app/sidebar-balance.tsx';
import { BalanceCard } from '../../../src/renderer/features/overview/balance-card.tsx';
import { LatestRequests } from '../../../src/renderer/features/overview/latest-requests.tsx';
import { ForecastCard, SpendCard } from '../../../src/renderer/features/overview/spend-cards.tsx';
import { SpendChartCard } from '../../../src/renderer/features/overview/spend-chart-card.tsx';
import { CallError } from '../../../src/renderer/lib/call-error.ts';
import { viewerTimeZone } from '../../../src/renderer/lib/format-time.ts';
import { type Answer, answer, refusal } from '../answers.ts';
import { entry, type Group } from '../entry.ts';
import { usageReport } from '../usage-samples.ts';
import { balance, everyStatus, hugeAmount, longRequest, nowMs } from '../samples.ts';

const error = new CallError({ code: 'storage_unavailable', message: 'The history cannot be read: the disk is full.' });
const spend = { fromMs: nowMs - hourMs, prepaid: '1.234567', byokEstimate: '0.7245', requests: 128, unpriced: 3 };
const outlook = (likelyDays: number, shortestDays: number, longestDays: number | null) => ({
  pace: { lastHours: '0.1034', perDay: '0.82', days: 28 },
  lasts: { shortestDays, likelyDays, longestDays },
});
const known = (shown: Output<'balance.get'>): Answer => answer('balance.get', { refresh: false }, shown);
const refused = refusal('balance.get', { refresh: false }, 'The account does not answer.');

const balances: Readonly<Record<string, Answer[]>> = {
  confirmed: [known(balance())],
  'with a hold': [known(balance({ held: '0.25', spendable: '24.7304925' }))],
  stale: [known(balance({ state: 'stale', asOfMs: nowMs - 7_200_000 }))],
  estimate: [known(balance({ isEstimate: true }))],
  'play money': [known(balance({ isPlayMoney: true }))],
  owed: [known(balance({ balance: '-3.20', spendable: '-3.20' }))],
  'very large': [known(balance({ balance: '999999999.999999999', spendable: '999999999.999999999' }))],
  unknown: [known({ state: 'unknown', reason: 'The account was not reached yet.' })],
  'no account': [known({ state: 'none' })],
  'with an error': [refused],
  loading: [],
};

const series = usageReport({ values: ['prepaid', 'byok', 'local'] });
const seriesInput = {
  timeZone: viewerTimeZone,
  range: '7d',
  by: 'lane',
  filter: anyUsage,
  sort: 'cost',
  limit: 10,
} as const;
const latest = { filter: noFilter, cursor: null, limit: 6 };

export const overview: Group = {
  id: 'overview',
  name: 'Overview',
  entries: [
    ...Object.entries(balances).map(([name, answers]) => entry(`Balance, ${name}`, <BalanceCard />, ...answers)),
    ...Object.entries(balances).map(([name, answers]) =>
      entry(
        `Balance in the navigation, ${name}`,
        <div className="flex w-16 flex-col lg:w-58">
          <SidebarBalance />
        </div>,
        ...answers,
      ),
    ),
    entry('Spend', <SpendCard title="Spent today" spend={spend} error={null} hasAccount />),
    entry(
      'Spend, nothing',
      <SpendCard
        title="Spent today"
        spend={{ ...spend, prepaid: '0.00', byokEstimate: '0.00', requests: 0, unpriced: 0 }}
        error={null}
        hasAccount
      />,
    ),
    entry(
      'Spend, own keys only',
      <SpendCard title="Spent today" spend={{ ...spend, prepaid: '0.00' }} error={null} hasAccount={false} />,
    ),
    entry(
      'Spend, very large',
      <SpendCard title="Spent this month" spend={{ ...spend, prepaid: hugeAmount.slice(1) }} error={null} hasAccount />,
    ),
    entry('Spend, loading', <SpendCard title="Spent today" spend={undefined} error={null} hasAccount />),
    entry('Spend, with an error', <SpendCard title="Spent today" spend={undefined} error={error} hasAccount />),
    entry('Forecast', <ForecastCard outlook={outlook(12.4, 9.1, 19.7)} error={null} nowMs={nowMs} />),
    entry('Forecast, without an end', <ForecastCard outlook={outlook(40, 5, null)} error={null} nowMs={nowMs} />),
    entry('Forecast, very long', <ForecastCard outlook={outlook(9e5, 8e5, 1e6)} error={null} nowMs={nowMs} />),
    entry('Forecast, nothing left', <ForecastCard outlook={outlook(0, 0, 0)} error={null} nowMs={nowMs} />),
    entry(
      'Forecast, too early',
      <ForecastCard
        outlook={{ pace: { lastHours: '0.0312', perDay: null, days: 1 }, lasts: null }}
        error={null}
        nowMs={nowMs}
      />,
    ),
    entry('Forecast, with an error', <ForecastCard outlook={undefined} error={error} nowMs={nowMs} />),
    entry('Chart', <SpendChartCard />, answer('usage.report', seriesInput, series)),
    entry('Chart, empty', <SpendChartCard />, answer('usage.report', seriesInput, usageReport({ isEmpty: true }))),
    entry(
      'Chart, with an error',
      <SpendChartCard />,
      refusal('usage.report', seriesInput, 'The history cannot be read.'),
    ),
    entry('Chart, loading', <SpendChartCard />),
    entry(
      'Latest requests',
      <LatestRequests />,
      answer('requests.list', latest, { rows: [...everyStatus.slice(0, 5), longRequest], nextCursor: null }),
    ),
    entry('Latest requests, none', <LatestRequests />, answer('requests.list', latest, { rows: [], nextCursor: null })),
    entry(
      'Latest requests, with an error',
      <LatestRequests />,
      refusal('requests.list', latest, 'The history cannot be read.'),
    ),
  ],
};

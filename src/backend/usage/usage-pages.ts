import { html } from 'hono/html';
import { scopeOf } from '../auth/roles.ts';
import { reportSpend, type SpendReport, type SpendRow } from './report-spend.ts';
import type { Html } from '../http/pages/frame.ts';
import { grouped, moneyColumn } from '../http/pages/money.ts';
import { options, table } from '../http/pages/parts.ts';
import { parseInput } from '../http/read-input.ts';
import { customerPage } from '../portal/portal-page.ts';
import { spendChart } from './spend-chart.ts';
import { spendCsv } from './spend-csv.ts';
import { spendRanges, spendSchema } from './usage-input.ts';
import type { UsageRouteDeps } from './usage-route-deps.ts';

const path = '/dashboard/usage';

const usage = customerPage<UsageRouteDeps>(path, async ({ context, services: { db, clock }, caller }) => {
  const { days } = parseInput(spendSchema, context.req.query());
  const report = await reportSpend(db, scopeOf(caller), clock.nowMs(), days);
  const csv = (by: string): Html =>
    html`<a href="${path}.csv?by=${by}&days=${String(days)}" download>Download as CSV</a>`;
  const used = report.byDay.filter(({ requests }) => requests > 0).toReversed();
  const empty = 'No request was charged in these days. Choose more days, or make a first request.';
  const body = html`<h1>Usage</h1>
    <p class="lead">Requests that were charged, by the day (UTC) on which they ended.</p>
    <form class="bar">
      <label
        >Show<select name="days">
          ${options(
            spendRanges.map((range) => [range, `Last ${range} days`]),
            String(days),
          )}
        </select></label
      ><button>Show</button>
    </form>
    ${spendChart(report)}
    <h2>By model</h2>
    ${spendTable('Model', 'model', report.byModel, report, empty)}
    <p>${csv('model')}</p>
    <h2>By day</h2>
    ${spendTable('Day', 'time', used, report, empty)}
    <p>${csv('day')}</p>`;
  return { title: 'Usage', body };
});

function spendTable(
  name: string,
  look: 'model' | 'time',
  rows: readonly SpendRow[],
  { total }: SpendReport,
  empty: string,
): Html {
  const cost = moneyColumn([...rows, total].map((row) => row.cost));
  return table({
    name: `Usage by ${name.toLowerCase()}`,
    rows,
    total,
    columns: [
      { name, look, cell: (row) => row.name },
      { name: 'Requests', look: 'number', cell: ({ requests }) => grouped(String(requests)) },
      { name: 'Tokens in', look: 'spare', cell: ({ inputTokens }) => grouped(String(inputTokens)) },
      { name: 'Tokens out', look: 'spare', cell: ({ outputTokens }) => grouped(String(outputTokens)) },
      { name: 'Cost', look: 'number', cell: (row) => cost(row.cost) },
    ],
    empty,
  });
}

const usageCsv = customerPage<UsageRouteDeps>(`${path}.csv`, async ({ context, services: { db, clock }, caller }) => {
  const { days, by } = parseInput(spendSchema, context.req.query());
  const report = await reportSpend(db, scopeOf(caller), clock.nowMs(), days);
  return new Response(spendCsv(by, by === 'day' ? report.byDay : report.byModel), {
    headers: {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="usage-by-${by}.csv"`,
    },
  });
});

export const usagePages = [usage, usageCsv] as const;

import { html } from 'hono/html';
import type { RequestReport } from './report-requests.ts';
import type { Html } from '../http/pages/frame.ts';
import { grouped, moneyColumn } from '../http/pages/money.ts';
import { type Column, none, time, unknown } from '../http/pages/parts.ts';
import { endings } from './usage-input.ts';

/** Columns of a list of requests; the numbers of each column are aligned among these rows. */
export function requestColumns(rows: readonly RequestReport[]): Column<RequestReport>[] {
  const cost = moneyColumn(rows.map((row) => row.cost));
  const balance = moneyColumn(rows.map(({ balanceAfter }) => balanceAfter ?? '0.00'));
  return [
    {
      name: 'Time, UTC',
      look: 'time',
      cell: ({ at, requestId }) => html`<a href="/dashboard/requests/${requestId}">${time(at)}</a>`,
    },
    { name: 'Model', look: 'model', cell: modelCell },
    { name: 'Input', look: 'spare', cell: ({ input }) => tokens(input) },
    { name: 'Cache', look: 'spare', cell: ({ cached }) => tokens(cached) },
    { name: 'Output', look: 'spare', cell: ({ output }) => tokens(output) },
    { name: 'Cost', look: 'number', cell: (row) => (row.state === 'open' ? none : cost(row.cost)) },
    {
      name: 'Balance after',
      look: 'number',
      cell: ({ balanceAfter }) => (balanceAfter === null ? none : balance(balanceAfter)),
    },
    { name: 'Status', look: 'whole', cell: stateCell },
  ];
}

function modelCell({ modelRequested, modelServed }: RequestReport): Html | string {
  if (modelServed === null || modelServed === modelRequested) return modelRequested;
  return html`${modelRequested}<small>served by ${modelServed}</small>`;
}

export function stateCell({ state, errorCode }: Pick<RequestReport, 'state' | 'errorCode'>): Html {
  const words =
    state === 'open' ? 'under way' : (Object.entries(endings).find(([name]) => name === state)?.[1] ?? state);
  const look = state === 'completed' ? 'good' : state === 'open' || state === 'cancelled' ? '' : 'bad';
  return html`<span class="${look}">${words}</span
    >${errorCode === null ? '' : html`<br /><small class="quiet">${errorCode}</small>`}`;
}

function tokens(count: number | null): Html | string {
  return count === null ? unknown : grouped(String(count));
}

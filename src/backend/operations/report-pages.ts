import { html } from 'hono/html';
import { pagedSearchSchema, requestMarginsSchema } from '../operator/operator-input.ts';
import { reportAudit } from './report-audit.ts';
import { searchLedger } from './report-ledger.ts';
import { reportMargins, reportRequestMargins } from './report-margins.ts';
import { readOverview } from './report-overview.ts';
import { parseInput } from '../http/read-input.ts';
import type { Html } from '../http/pages/frame.ts';
import { grouped, money, moneyColumn } from '../http/pages/money.ts';
import { operatorPage } from '../operator/operator-page.ts';
import { customerLink, ledgerLink, olderLink, orderLink, requestLink } from '../operator/operator-parts.ts';
import { cards, type Column, none, options, searchBar, table, time, unknown } from '../http/pages/parts.ts';
import type { OperationsRouteDeps } from './operations-route-deps.ts';

const overview = operatorPage<OperationsRouteDeps>('/admin', async ({ services }) => {
  const report = await readOverview(services);
  const { pools, today } = report;
  const body = html`<h1>Overview</h1>
    <p class="lead">As of ${time(report.asOf)} UTC.</p>
    ${report.isPlayMoney ? html`<p class="note">Play money: none of it was paid for.</p>` : ''}
    <h2>Today</h2>
    ${cards([
      { name: 'Revenue', value: money(today.revenue), detail: 'since midnight, UTC' },
      { name: 'Requests', value: String(today.requests), detail: 'settled since midnight' },
      { name: 'Requests under way', value: String(report.openHolds), detail: html`${money(report.held)} held` },
    ])}
    <h2>Customers</h2>
    ${cards([
      { name: 'Accounts', value: html`<a href="/admin/customers">${String(report.accounts)}</a>` },
      { name: 'Available to customers', value: money(report.available), detail: 'paid or given, not spent' },
      { name: 'Owed by customers', value: money(report.owed), detail: 'refunds and disputes of spent money' },
    ])}
    <h2>Needs attention</h2>
    ${cards([
      {
        name: 'Orders needing a decision',
        value: waiting(report.ordersNeedingAttention, '/admin/orders?show=attention'),
        detail: 'in review, or paid twice',
      },
      {
        name: 'Payments not processed',
        value: waiting(report.unprocessedPayments, '/admin/orders'),
        detail: 'events, refunds and disputes',
      },
      { name: 'Healthy credentials', value: html`<a href="/admin/pools">${String(pools.well)}</a>` },
      {
        name: 'In cooldown or disabled',
        value: troubled(pools.cooling, pools.out),
        detail: 'after failures, or refused by the upstream',
      },
    ])}`;
  return { title: 'Overview', body };
});

function waiting(count: number, href: string): Html {
  return count === 0 ? html`<span class="good">none</span>` : html`<a class="bad" href="${href}">${String(count)}</a>`;
}

function troubled(cooling: number, out: number): Html {
  return html`<span class="${cooling + out === 0 ? 'good' : 'bad'}"
    >${cooling + out === 0 ? 'none' : `${cooling} / ${out}`}</span
  >`;
}

const ledger = operatorPage<OperationsRouteDeps>('/admin/ledger', async ({ context, services }) => {
  const { q, before, limit } = parseInput(pagedSearchSchema, context.req.query());
  const rows = await searchLedger(services.db, { text: q, before, limit });
  const body = html`<h1>Ledger</h1>
    <p class="lead">Every movement of money, newest first. Times are UTC.</p>
    ${searchBar('Account, request, order, transfer or ledger account', q)}
    ${table({
      name: 'Movements',
      rows,
      columns: [
        { name: 'No.', look: 'number', cell: ({ sequence }) => sequence },
        { name: 'Time', look: 'time', cell: ({ at }) => time(at) },
        { name: 'Kind', look: 'whole', cell: ({ kind }) => kind.replaceAll('_', ' ') },
        dollarColumn('Amount', rows, ({ amount }) => amount),
        { name: 'From', look: 'id', cell: ({ from }) => ledgerLink(from) },
        { name: 'To', look: 'id', cell: ({ to }) => ledgerLink(to) },
        {
          name: 'For',
          look: 'id',
          cell: ({ orderId, requestId }) =>
            orderId !== null ? orderLink(orderId) : requestId !== null ? requestLink(requestId) : none,
        },
      ],
      empty: q === '' ? 'No money has moved yet.' : `No movement fits “${q}”.`,
    })}
    ${olderLink('/admin/ledger', q, rows, limit)}`;
  return { title: 'Ledger', body };
});

const margins = operatorPage<OperationsRouteDeps>('/admin/margins', async ({ context, services }) => {
  const { q, days, limit } = parseInput(requestMarginsSchema, context.req.query());
  const { db, clock } = services;
  const requests = await reportRequestMargins(db, clock.nowMs(), { text: q, days, limit });
  const body = html`<h1>Margins</h1>
    <p class="lead">
      What each model brought on each day (UTC), over ${String(days)} days. A margin is sales less upstream cost, that
      of requests that were not charged included. Requests of unknown cost are not in it.
    </p>
    ${modelMargins(await reportMargins(db, clock.nowMs(), days))}
    <h2>Requests</h2>
    ${searchBar('Account, request or model', q, daysField(days))}
    ${requestMargins(requests, q === '' ? nothingYet : `No request matches “${q}”.`)}`;
  return { title: 'Margins', body };
});

const nothingYet = 'No request was charged or cost anything in these days.';

function modelMargins(rows: Awaited<ReturnType<typeof reportMargins>>): Html {
  return table({
    name: 'Margins',
    rows,
    columns: [
      { name: 'Day', look: 'time', cell: ({ day }) => day },
      { name: 'Model', look: 'model', cell: ({ model }) => model },
      { name: 'Requests', look: 'number', cell: ({ requests }) => grouped(String(requests)) },
      dollarColumn('Sold', rows, ({ sold }) => sold),
      dollarColumn('Written off', rows, ({ writtenOff }) => writtenOff),
      dollarColumn('Upstream cost', rows, ({ upstreamCost }) => upstreamCost),
      { name: 'Of unknown cost', look: 'number', cell: ({ unknownCosts }) => grouped(String(unknownCosts)) },
      dollarColumn('Margin', rows, ({ margin }) => margin),
    ],
    empty: nothingYet,
  });
}

function requestMargins(rows: Awaited<ReturnType<typeof reportRequestMargins>>, empty: string): Html {
  return table({
    name: 'Requests',
    rows,
    columns: [
      { name: 'Time', look: 'time', cell: ({ at }) => time(at) },
      { name: 'Request', look: 'id', cell: ({ requestId }) => requestLink(requestId) },
      { name: 'Account', look: 'id', cell: ({ accountId }) => customerLink(accountId) },
      { name: 'Model', look: 'model', cell: ({ model }) => model },
      dollarColumn('Sold', rows, ({ sold }) => sold),
      dollarColumn('Upstream cost', rows, ({ upstreamCost }) => upstreamCost),
      dollarColumn('Margin', rows, ({ margin }) => margin),
    ],
    empty,
  });
}

/** Amounts with their decimal points one below the other; null is unknown. */
function dollarColumn<Row>(name: string, rows: readonly Row[], amountOf: (row: Row) => string | null): Column<Row> {
  const cell = moneyColumn(rows.map(amountOf).filter((amount) => amount !== null));
  return {
    name,
    look: 'number',
    cell(row) {
      const amount = amountOf(row);
      return amount === null ? unknown : cell(amount);
    },
  };
}

/** Without it a search would go back to the usual days. */
function daysField(days: number): Html {
  const offered = [...new Set([7, 30, 90, 366, days])].toSorted((one, other) => one - other);
  return html`<label
    >Days<select name="days">
      ${options(
        offered.map((count) => [String(count), `Last ${count} days`] as const),
        String(days),
      )}
    </select></label
  >`;
}

const audit = operatorPage<OperationsRouteDeps>('/admin/audit', async ({ context, services }) => {
  const { q, before, limit } = parseInput(pagedSearchSchema, context.req.query());
  const rows = await reportAudit(services.db, { about: q, before, limit });
  const body = html`<h1>Audit log</h1>
    <p class="lead">Who changed what, when and why. Nothing here can be altered. Times are UTC.</p>
    ${searchBar('Account, or the id of what was changed', q)}
    ${table({
      name: 'Changes',
      rows,
      columns: [
        { name: 'Time', look: 'time', cell: ({ at }) => time(at) },
        { name: 'Who', look: 'model', cell: ({ operator }) => operator },
        { name: 'What', look: 'whole', cell: ({ action }) => action },
        { name: 'Of', look: 'id', cell: ({ subject, accountId }) => subjectCell(subject, accountId) },
        { name: 'Why', look: 'model', cell: ({ reason }) => reason },
        { name: 'Before', look: 'id', cell: ({ before: state }) => stateText(state) },
        { name: 'After', look: 'id', cell: ({ after: state }) => stateText(state) },
      ],
      empty: q === '' ? 'No operator has changed anything yet.' : `Nothing was changed about “${q}”.`,
    })}
    ${olderLink('/admin/audit', q, rows, limit)}`;
  return { title: 'Audit log', body };
});

function subjectCell(subject: string, accountId: string | null): Html | string {
  if (accountId === null) return subject;
  return subject === accountId ? customerLink(accountId) : html`${subject}<br />${customerLink(accountId)}`;
}

function stateText(state: unknown): Html | string {
  if (typeof state !== 'object' || state === null) return none;
  const known = Object.entries(state).filter(([, value]) => value !== null);
  return html`${known.map(([name, value]) => html`${name}: ${String(value)}<br />`)}`;
}

export const reportPages = [overview, ledger, margins, audit] as const;

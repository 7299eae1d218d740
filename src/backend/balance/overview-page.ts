import { html } from 'hono/html';
import type { Account } from '#shared/account/account.ts';
import { isoTime } from '#shared/time.ts';
import { scopeOf } from '../auth/roles.ts';
import { readAccount } from './read-account.ts';
import type { CustomerKeyRow } from '../database/schema.ts';
import { keyNames, requestReportOf } from '../usage/report-requests.ts';
import { reportSpend, type SpendReport, type SpendRow } from '../usage/report-spend.ts';
import { listKeys } from '../auth/key-store.ts';
import { countEndedRequests, searchRequests } from '../usage/request-search.ts';
import { readCapView } from '../limits/account-cap.ts';
import type { Html } from '../http/pages/frame.ts';
import { grouped, money, moneyColumn } from '../http/pages/money.ts';
import { cards, type Column, table, time } from '../http/pages/parts.ts';
import { autoTopupStatus } from '../billing/auto-topup/auto-topup-part.ts';
import { capMeter } from '../limits/cap-pages.ts';
import { connectPart } from '../keys/connect-part.ts';
import { customerPage } from '../portal/portal-page.ts';
import { requestColumns } from '../usage/request-list.ts';
import { shareBar, spendChart } from '../usage/spend-chart.ts';
import type { BalanceRouteDeps } from './balance-route-deps.ts';

const shownDays = 30;
const recent = 6;
const everything = { model: null, outcome: null, keyId: null, fromMs: null, toMs: null };

export const overviewPage = customerPage<BalanceRouteDeps>('/dashboard', async ({ services, caller, key }) => {
  const { db, clock } = services;
  const nowMs = clock.nowMs();
  const account = await accountOf(services, caller.accountId);
  const scope = scopeOf(caller);
  const spend = await reportSpend(db, scope, nowMs, shownDays);
  const rows = await searchRequests(db, scope, everything, { before: null, limit: recent });
  const names = keyNames(await listKeys(db, scope));
  const requests = rows.map((row) => requestReportOf(row, names));
  const body = html`<div class="top">
      <div>
        <h1>Overview</h1>
        <p class="lead">As of ${time(account.asOf)} UTC.</p>
      </div>
    </div>
    ${account.isPlayMoney ? html`<p class="note">Play money: nothing here was paid for, and it is worth nothing elsewhere.</p>` : ''}
    ${alarm(account)}
    <div class="hero">
      ${funds(account)} ${await totals(services, { account, spend, requests: await countEndedRequests(db, scope) })}
    </div>
    <h2>Spend per day, last ${String(shownDays)} days</h2>
    ${spendChart(spend)}
    <h2>By model, last ${String(shownDays)} days</h2>
    ${table({
      name: 'Spend by model',
      rows: spend.byModel,
      columns: modelColumns(spend),
      empty: 'No request was charged in these days. The examples below make the first one.',
    })}
    <h2>Latest requests</h2>
    ${table({
      name: 'Latest requests',
      rows: requests,
      columns: requestColumns(requests),
      empty: 'No request was made yet. Point a tool at one of the addresses below.',
    })}
    ${requests.length === 0 ? '' : html`<p><a href="/dashboard/requests">All requests</a></p>`}
    <div class="two uneven">
      <section>
        <h2>Connect a tool</h2>
        ${connectPart(services)}
      </section>
      <section>
        <h2>Current key</h2>
        ${keyRecord(key)}
      </section>
    </div>`;
  return { title: 'Overview', body };
});

function accountOf(
  { db, clock, isPlayMoney, payments, topupUrl }: BalanceRouteDeps,
  accountId: string,
): Promise<Account> {
  return readAccount(db, accountId, {
    isPlayMoney,
    topupUrl: topupUrl(),
    hasAutoTopup: payments.isConnected,
    nowMs: clock.nowMs(),
  });
}

const alarms: Readonly<Record<Account['status'], { title: string; text: string } | null>> = {
  ok: null,
  low: {
    title: 'Low balance',
    text: 'Top up before requests are refused. Your tools need no change: the same keys use the new credit.',
  },
  exhausted: {
    title: 'Out of balance',
    text: 'Requests are refused until you top up. Your key and your tools stay as they are.',
  },
  blocked: {
    title: 'Your balance is negative',
    text: 'A payment was refunded or disputed after its credit was spent. Requests are refused until the balance is above zero again.',
  },
};

function alarm({ status }: Account): Html | string {
  const words = alarms[status];
  if (!words) return '';
  return html`<div class="alarm" role="status">
    <div>
      <h2>${words.title}</h2>
      <p>${words.text}</p>
    </div>
    <a class="button" href="/dashboard/topups">Top up</a>
  </div>`;
}

function funds({ balance, held, spendable, credits, isPlayMoney, autoTopup }: Account): Html {
  return html`<section class="balance" aria-labelledby="balance">
    <h2 id="balance">Balance${isPlayMoney ? ', play money' : ''}</h2>
    <p class="amount">${money(balance)}</p>
    <dl>
      <dt>Spendable</dt>
      <dd>${money(spendable)}</dd>
      <dt>Held by requests</dt>
      <dd>${money(held)}</dd>
      ${
        credits
          ? html`<dt>Spendable in credits</dt>
              <dd>${credits.spendable.replace(/^\d+/, grouped)}</dd>`
          : ''
      }
      <dt>Automatic top-up</dt>
      <dd>${autoTopupStatus(autoTopup)}</dd>
    </dl>
    <a class="button" href="/dashboard/topups">Top up</a>
  </section>`;
}

async function totals(
  { db, clock }: BalanceRouteDeps,
  { account, spend: { byDay }, requests }: { account: Account; spend: SpendReport; requests: bigint },
): Promise<Html> {
  const cap = await readCapView(db, account.id, clock.nowMs());
  return cards([
    { name: 'Spent today', value: money(byDay.at(-1)?.cost ?? '0.00'), detail: 'since midnight, UTC' },
    { name: 'Spent this month', value: money(cap.spent), detail: capMeter(cap) },
    { name: 'Total spent', value: money(account.totalUsed), detail: creditedWords(account) },
    { name: 'Requests', value: grouped(String(requests)), detail: 'completed' },
  ]);
}

function creditedWords({ totalPurchased, totalGranted }: Account): Html {
  const given = totalGranted === '0.00' ? '' : html`${money(totalGranted)} credited`;
  const paid = totalPurchased === '0.00' && given !== '' ? '' : html`${money(totalPurchased)} paid`;
  return html`of ${paid}${paid !== '' && given !== '' ? ' and ' : ''}${given}`;
}

function modelColumns({ byModel, total }: SpendReport): Column<SpendRow>[] {
  const cost = moneyColumn(byModel.map((row) => row.cost));
  return [
    { name: 'Model', look: 'model', cell: ({ name }) => name },
    { name: 'Requests', look: 'number', cell: ({ requests }) => grouped(String(requests)) },
    { name: 'Tokens in', look: 'spare', cell: ({ inputTokens }) => grouped(String(inputTokens)) },
    { name: 'Tokens out', look: 'spare', cell: ({ outputTokens }) => grouped(String(outputTokens)) },
    { name: 'Cost', look: 'number', cell: (row) => cost(row.cost) },
    { name: 'Share', look: 'bar-cell', cell: (row) => shareBar(row, total) },
  ];
}

function keyRecord({ id, label, hint, created_at_ms: createdAtMs }: CustomerKeyRow): Html {
  return html`<dl class="facts">
      <dt>Key</dt>
      <dd class="id">${hint}</dd>
      <dt>Label</dt>
      <dd>${label}</dd>
      <dt>Created</dt>
      <dd>${time(isoTime(createdAtMs))} UTC</dd>
      <dt>Key id</dt>
      <dd class="id">${id}</dd>
    </dl>
    <p><a href="/dashboard/keys">All keys of this account</a></p>`;
}

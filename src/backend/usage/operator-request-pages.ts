import { html } from 'hono/html';
import { CorvusError } from '#shared/errors.ts';
import { readRequestReport, type RequestReport } from './report-request.ts';
import type { Html } from '../http/pages/frame.ts';
import { money } from '../http/pages/money.ts';
import { cards, none, table, time, unknown } from '../http/pages/parts.ts';
import { operatorPage } from '../operator/operator-page.ts';
import { customerLink } from '../operator/operator-parts.ts';
import type { UsageRouteDeps } from './usage-route-deps.ts';
import { pathId } from '../http/read-input.ts';

const request = operatorPage<UsageRouteDeps>('/admin/requests/:id', async ({ context, services }) => {
  const report = await readRequestReport(services.db, pathId(context));
  if (!report) throw new CorvusError('not_found', 'There is no such request.');
  const { receipt } = report;
  const body = html`<h1>${receipt.modelRequested}</h1>
    <p class="lead">
      <span class="id">${report.requestId}</span> · ${time(receipt.createdAt)} UTC · ${customerLink(report.accountId)} ·
      <a href="/admin/ledger?q=${report.requestId}">movements</a>
    </p>
    ${cards([
      { name: 'Ended', value: receipt.settledAt === null ? 'under way' : (receipt.outcome ?? receipt.status) },
      { name: 'Charged', value: money(receipt.cost) },
      { name: 'Upstream cost', value: report.upstreamCost === null ? unknown : money(report.upstreamCost) },
      { name: 'Written off', value: money(receipt.writtenOff) },
    ])}
    <h2>Tries</h2>
    ${attemptTable(report)}
    <h2>Skipped</h2>
    <p class="lead">
      Credentials that could have served it, but had failed, were refused or ran out of quota shortly before.
    </p>
    ${skippedTable(report)}`;
  return { title: `Request ${report.requestId}`, body };
});

function attemptTable({ attempts }: RequestReport): Html {
  return table({
    name: 'Tries',
    rows: attempts,
    columns: [
      { name: 'No.', look: 'number', cell: ({ number }) => String(number) },
      { name: 'Credential', look: 'id', cell: ({ credential }) => credential },
      { name: 'Started, UTC', look: 'time', cell: ({ startedAt }) => time(startedAt) },
      { name: 'Total', look: 'number', cell: ({ totalMs }) => `${Math.round(totalMs)} ms` },
      {
        name: 'HTTP status',
        look: 'number',
        cell: ({ httpStatus }) => (httpStatus === null ? none : String(httpStatus)),
      },
      { name: 'Error', look: 'id', cell: ({ errorCode }) => errorCode ?? none },
    ],
    empty: 'Nothing was sent upstream, or the request is still under way.',
  });
}

const reasons: Readonly<Record<RequestReport['skipped'][number]['why'], string>> = {
  out: 'refused or out of quota: not asked',
  cooldown: 'cooling down after a failure: asked last',
  probed: 'another request was probing it: not asked',
};

function skippedTable({ skipped }: RequestReport): Html {
  return table({
    name: 'Skipped',
    rows: skipped,
    columns: [
      { name: 'Credential', look: 'id', cell: ({ credential }) => credential },
      { name: 'Why', cell: ({ why }) => reasons[why] },
      { name: 'Until, UTC', look: 'time', cell: ({ until }) => time(until) },
    ],
    empty: 'None: every credential was healthy.',
  });
}

export const requestPages = [request] as const;

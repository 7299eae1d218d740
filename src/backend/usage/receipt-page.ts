import { html } from 'hono/html';
import { CorvusError } from '#shared/errors.ts';
import type { Receipt, ReceiptPart } from '#shared/account/receipt.ts';
import { chargeFor } from '#shared/account/request-billing.ts';
import { parseUsd, nanoUsd, sumUsd, usdText, zeroUsd } from '#shared/money.ts';
import { inputTokens, outputTokens, type Usage } from '#shared/metering/usage.ts';
import { scopeOf } from '../auth/roles.ts';
import { breakDownCost, costNames, exactPartsText } from '#shared/metering/cost-breakdown.ts';
import { type AttemptReport, readRequestDetails, type RequestDetails } from './report-requests.ts';
import { supportPacket } from './support-packet.ts';
import type { Html } from '../http/pages/frame.ts';
import { grouped, money, moneyColumn } from '../http/pages/money.ts';
import { cards, none, table, time, unknown } from '../http/pages/parts.ts';
import { customerPage } from '../portal/portal-page.ts';
import { stateCell } from './request-list.ts';
import type { UsageRouteDeps } from './usage-route-deps.ts';
import { pathId } from '../http/read-input.ts';

const sourceNames = {
  provider: 'counted by the upstream',
  estimated: 'estimated from what was relayed: the upstream reported none',
  missing: 'not known',
} as const;

export const receiptPage = customerPage<UsageRouteDeps>(
  '/dashboard/requests/:id',
  async ({ context, services, caller }) => {
    const details = await readRequestDetails(services.db, scopeOf(caller), pathId(context));
    if (!details) throw new CorvusError('not_found', 'This account made no request with that id.');
    const { receipt, report, row } = details;
    const body = html`<h1>${receipt.modelRequested}</h1>
      <p class="lead"><span class="id">${receipt.requestId}</span> · ${time(receipt.createdAt)} UTC</p>
      ${services.isPlayMoney ? html`<p class="note">Play money: nothing here was paid for.</p>` : ''}
      ${cards([
        {
          name: 'Cost',
          value: receipt.settledAt === null ? none : money(receipt.cost),
          detail: 'taken from the balance',
        },
        {
          name: 'Status',
          value: stateCell(report),
          detail: row.http_status === null ? 'no HTTP status' : `HTTP ${row.http_status}`,
        },
        { name: 'Balance after', value: receipt.balanceAfter === null ? none : money(receipt.balanceAfter) },
      ])}
      <h2>How the cost was calculated</h2>
      ${costPart(details)}
      <h2>Balance changes</h2>
      ${movementPart(details)}
      <h2>Provider attempts</h2>
      ${attemptPart(details.attempts)}
      <h2>Record</h2>
      ${recordPart(details)}
      <h2 id="support">What to send to support</h2>
      <form class="card">
        <p>Nothing here is secret: no key, no prompt. Fill in the parts in brackets, then copy all of it.</p>
        <label>Support packet<textarea rows="9" spellcheck="false">${supportPacket(details)}</textarea></label>
      </form>`;
    return { title: `Request ${receipt.modelRequested}`, body };
  },
);

function costPart({ receipt }: RequestDetails): Html {
  const { usage, unitPrices, parts } = receipt;
  if (receipt.status === 'open')
    return html`<p class="empty">The request is still under way. Its cost is known when it ends.</p>`;
  if (parts && !unitPrices) return sharedCostPart(receipt, parts);
  if (!usage || !unitPrices) return html`<p class="empty">No usage was delivered, so nothing was charged.</p>`;
  const { lines, sum, total } = breakDownCost(usage, unitPrices);
  const exact = exactPartsText(sum);
  const rounded = usdText(total);
  const amount = moneyColumn([...lines.map((line) => exactPartsText(line.cost)), exact, rounded, receipt.cost]);
  const price = moneyColumn(lines.map((line) => centsAtLeast(line.price)));
  const sums: Sum[] = [
    ['Sum, exact', exact, true],
    ['Rounded up once, to a billionth of a dollar', rounded, true],
    ...chargeSums(receipt, rounded),
  ];
  return html`<div class="scroll" role="region" aria-label="Cost" tabindex="0">
      <table>
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col" class="number">Count</th>
            <th scope="col" class="number">Price per million</th>
            <th scope="col" class="number">Cost</th>
          </tr>
        </thead>
        <tbody>
          ${lines.map(
            (line) =>
              html`<tr>
                <th scope="row">${costNames[line.kind]}${line.isPerMillion ? '' : ', each'}</th>
                <td class="number">${grouped(String(line.count))}</td>
                <td class="number">${price(centsAtLeast(line.price))}</td>
                <td class="number">${amount(exactPartsText(line.cost))}</td>
              </tr>`,
          )}
        </tbody>
        <tfoot>
          ${sumRows(sums, amount)}
        </tfoot>
      </table>
    </div>
    <p class="quiet">
      Tokens ${sourceNames[receipt.usageSource]}. Prices of ${receipt.modelBilled ?? receipt.modelRequested}, the model
      that was asked for${usage.serviceTier === undefined ? '' : `, in the service tier ${usage.serviceTier}`}, as of
      price list ${receipt.catalogueVersion}.
    </p>`;
}

/** An amount below the others; soft: an intermediate result. */
type Sum = [name: string, amount: string, isSoft: boolean];

function sumRows(sums: readonly Sum[], amount: (text: string) => Html | string): Html[] {
  return sums.map(
    ([name, text, isSoft]) =>
      html`<tr class="${isSoft ? 'soft' : ''}">
        <th scope="row" colspan="3">${name}</th>
        <td class="number">${amount(text)}</td>
      </tr>`,
  );
}

/** From the metered cost to the charge. */
function chargeSums({ billing = null, cost, writtenOff }: Receipt, metered: string): Sum[] {
  const charge = usdText(chargeFor(billing, parseUsd(metered) ?? zeroUsd));
  const notCharged = usdText(nanoUsd((parseUsd(charge) ?? 0n) - (parseUsd(cost) ?? 0n)));
  const planName =
    billing?.plan === 'credits' ? 'In whole credits of $0.01, at least one' : 'The least that a request costs';
  return [
    ...(charge === metered ? [] : [[planName, charge, true] satisfies Sum]),
    ...(notCharged === '0.00'
      ? []
      : [[notCharged === writtenOff ? 'Paid by the service' : 'Not charged', `-${notCharged}`, true] satisfies Sum]),
    ['Charged', cost, false],
  ];
}

/** A request that several models answered: what each of them cost. */
function sharedCostPart(receipt: Receipt, parts: readonly ReceiptPart[]): Html {
  const metered = usdText(sumUsd(parts.map(({ cost }) => parseUsd(cost) ?? zeroUsd)));
  const amount = moneyColumn([...parts.map(({ cost }) => cost), metered, receipt.cost]);
  const tokens = (count: (usage: Usage) => number, usage: Usage | null): Html | string =>
    usage ? grouped(String(count(usage))) : none;
  return html`<div class="scroll" role="region" aria-label="Cost" tabindex="0">
      <table>
        <thead>
          <tr>
            <th scope="col">Answer of</th>
            <th scope="col" class="number">Input tokens</th>
            <th scope="col" class="number">Output tokens</th>
            <th scope="col" class="number">Cost</th>
          </tr>
        </thead>
        <tbody>
          ${parts.map(
            ({ model, usage, cost }) =>
              html`<tr>
                <th scope="row">${model}</th>
                <td class="number">${tokens(inputTokens, usage)}</td>
                <td class="number">${tokens(outputTokens, usage)}</td>
                <td class="number">${amount(cost)}</td>
              </tr>`,
          )}
        </tbody>
        <tfoot>
          ${sumRows([['Together', metered, true], ...chargeSums(receipt, metered)], amount)}
        </tfoot>
      </table>
    </div>
    <p class="quiet">
      Tokens ${sourceNames[receipt.usageSource]}. Each answer at its own model’s prices, as of price list
      ${receipt.catalogueVersion}; an answer that did not come costs nothing. The receipt (<span class="id"
        >GET /v1/generation?id=${receipt.requestId}</span
      >) has every bucket.
    </p>`;
}

/** Prices may be written as "3"; as money they have cents. */
function centsAtLeast(price: string): string {
  const amount = parseUsd(price);
  return amount === null ? price : usdText(amount);
}

const movementNames: Readonly<Record<string, string>> = {
  hold: 'Reserved for the request',
  charge: 'Charged from the hold',
  adjust: 'Charged beyond the mode’s reserve',
  return: 'Returned to the balance',
  write_off: 'Paid by the service',
  repay: 'Used to settle debt',
};

function movementPart({ movements, receipt }: RequestDetails): Html {
  const amount = moneyColumn(movements.map((movement) => movement.amount));
  return html`${table({
      name: 'Movements',
      rows: movements,
      columns: [
        { name: 'Time, UTC', look: 'time', cell: ({ at }) => time(at) },
        {
          name: 'What',
          cell: ({ kind, isBack }) =>
            isBack ? 'Part of that charge returned' : (movementNames[kind] ?? kind.replaceAll('_', ' ')),
        },
        { name: 'Amount', look: 'number', cell: (movement) => amount(movement.amount) },
      ],
      empty: 'No money moved: the request is free.',
    })}
    <p class="quiet">
      Held at most ${money(receipt.held)}, settled ${money(receipt.cost)}, returned
      ${money(receipt.settledAt === null ? '0.00' : usdText(nanoUsd((parseUsd(receipt.held) ?? 0n) - (parseUsd(receipt.cost) ?? 0n))))}.
    </p>`;
}

function attemptPart(attempts: readonly AttemptReport[]): Html {
  const ms = (value: number | null): Html | string =>
    value === null ? none : `${grouped(String(Math.round(value)))} ms`;
  return table({
    name: 'Tries',
    rows: attempts,
    columns: [
      { name: 'No.', cell: ({ number }) => String(number) },
      { name: 'Started, UTC', look: 'time', cell: ({ startedAtMs }) => time(new Date(startedAtMs).toISOString()) },
      { name: 'First byte', look: 'number', cell: ({ firstByteMs }) => ms(firstByteMs) },
      { name: 'Total', look: 'number', cell: ({ totalMs }) => ms(totalMs) },
      {
        name: 'HTTP status',
        look: 'number',
        cell: ({ httpStatus }) => (httpStatus === null ? none : String(httpStatus)),
      },
      { name: 'Error', cell: ({ errorCode }) => errorCode ?? none },
    ],
    empty: 'Nothing was sent upstream.',
  });
}

function recordPart({ row, receipt, report }: RequestDetails): Html {
  const facts: [string, Html | string][] = [
    ['Request id', html`<span class="id">${receipt.requestId}</span>`],
    ['Endpoint', html`<span class="id">${row.endpoint}</span>`],
    ['Dialect', `${row.dialect}, ${row.is_stream === 1n ? 'streamed' : 'in one piece'}`],
    ['Model asked for', receipt.modelRequested],
    ['Service tier', receipt.usage?.serviceTier ?? 'standard'],
    [
      'Model that served',
      receipt.parts && !receipt.unitPrices ? 'several, each for its answer' : (receipt.modelServed ?? unknown),
    ],
    ['Key', report.keyName],
    ['Began', html`${time(receipt.createdAt)} UTC`],
    ['Ended', receipt.settledAt === null ? none : html`${time(receipt.settledAt)} UTC`],
    ['Finish reason', row.finish_reason ?? none],
    ['Error', row.error_code ?? none],
    ['Line of the statement', receipt.ledgerSequence === null ? none : String(receipt.ledgerSequence)],
  ];
  return html`<dl class="facts">
    ${facts.map(
      ([name, value]) =>
        html`<dt>${name}</dt>
          <dd>${value}</dd>`,
    )}
  </dl>`;
}

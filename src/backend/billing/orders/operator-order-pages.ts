import { html } from 'hono/html';
import { failureWords } from '#shared/account/orders.ts';
import { CorvusError } from '#shared/errors.ts';
import { decisionSchema, orderSearchSchema, orderStates } from '../../operator/operator-input.ts';
import { type OrderDecision, refundPayment, refuseOrder, settleOrder } from './change-orders.ts';
import type { Operator } from '../../auth/operator-access.ts';
import { listOrderReports, type OrderReport } from './report-orders.ts';
import { refusedByOperator } from '../../store/order-store.ts';
import type { HttpContext, OpenEndpoint } from '../../http/endpoint.ts';
import { parseInput, pathId } from '../../http/read-input.ts';
import type { RefusedForm } from '../../http/pages/form.ts';
import type { Html } from '../../http/pages/frame.ts';
import { money } from '../../http/pages/money.ts';
import { operatorForm, operatorPage, type OperatorPageDeps } from '../../operator/operator-page.ts';
import { actionForm, customerLink, orderLink } from '../../operator/operator-parts.ts';
import { cards, type Column, none, options, searchBar, table, time } from '../../http/pages/parts.ts';
import type { BillingRouteDeps } from '../billing-route-deps.ts';
import { unprocessedPart } from '../payments/unprocessed-pages.ts';
import { dismissUnprocessed } from '../payments/unprocessed-payments.ts';

export const orderColumns: Column<OrderReport>[] = [
  { name: 'Order', look: 'id', cell: ({ orderId }) => orderLink(orderId) },
  { name: 'State', look: 'whole', cell: stateOf },
  { name: 'Amount', look: 'number', cell: ({ amount }) => money(amount) },
  { name: 'Taken back', look: 'number', cell: ({ takenBack }) => (takenBack === '0.00' ? none : money(takenBack)) },
  { name: 'By', cell: ({ origin }) => (origin === 'auto' ? 'automatic' : 'customer') },
  { name: 'Created', look: 'time', cell: ({ createdAt }) => time(createdAt) },
  { name: 'Paid', look: 'time', cell: ({ paidAt }) => time(paidAt) },
];

function stateOf(order: OrderReport): Html {
  const why = whyOf(order);
  return html`<span class="${lookOf(order)}">${wordOf(order)}${why === null ? '' : `: ${why}`}</span>`;
}

function wordOf({ status }: OrderReport): string {
  return status.replaceAll('_', ' ');
}

function whyOf({ paidTwice, failure }: OrderReport): string | null {
  return paidTwice.length > 0 ? 'paid twice' : failure && failureWords(failure);
}

function lookOf({ status, paidTwice }: OrderReport): string {
  if (status === 'in_review' || paidTwice.length > 0) return 'bad';
  return status === 'paid_confirmed' ? 'good' : '';
}

const filters = [
  ['all', 'All'],
  ['attention', 'Needing a decision'],
  ...orderStates.map((state) => [state, state.replaceAll('_', ' ')] as const),
] as const;

const orders = operatorPage<BillingRouteDeps>('/admin/orders', async ({ context, services, refused }) => {
  const { q, show, limit } = parseInput(orderSearchSchema, context.req.query());
  const rows = await listOrderReports(services.db, { show, text: q, limit });
  const account: Column<OrderReport> = {
    name: 'Account',
    look: 'id',
    cell: ({ accountId }) => customerLink(accountId),
  };
  const isFiltered = q !== '' || show !== 'all';
  const body = html`<h1>Orders</h1>
    <p class="lead">Top-ups, newest first. Times are UTC.</p>
    ${searchBar(
      'Order, account, payment or checkout id',
      q,
      html`<label
        >Show<select name="show">
          ${options(filters, show)}
        </select></label
      >`,
    )}
    ${table({ name: 'Orders', rows, columns: [...orderColumns.slice(0, 1), account, ...orderColumns.slice(1)], empty: isFiltered ? 'No order fits.' : 'Nothing was ordered yet.' })}
    ${await unprocessedPart(services.db, refused)}`;
  return { title: 'Orders', body };
});

const order = operatorPage<BillingRouteDeps>('/admin/orders/:id', async ({ context, services, refused }) => {
  const [report] = await listOrderReports(services.db, { show: 'all', text: pathId(context), limit: 1 });
  if (report?.orderId !== context.req.param('id') || !report)
    throw new CorvusError('not_found', 'There is no such order.');
  const why = whyOf(report);
  const forms = decisionForms(report, services.payments.isConnected, refused);
  const body = html`<h1>${report.orderId}</h1>
    <p class="lead">
      Created ${time(report.createdAt)} UTC · ${customerLink(report.accountId)} ·
      <a href="/admin/ledger?q=${report.orderId}">ledger</a> ·
      <a href="/admin/audit?q=${report.orderId}">audit log</a>
    </p>
    ${cards([
      {
        name: 'Amount',
        value: money(report.amount),
        detail: report.origin === 'auto' ? 'automatic top-up' : 'ordered by the customer',
      },
      {
        name: 'State',
        value: html`<span class="${lookOf(report)}">${wordOf(report)}</span>`,
        ...(why === null ? {} : { detail: why }),
      },
      { name: 'Taken back', value: money(report.takenBack) },
    ])}
    <h2>Payments</h2>
    ${table({ name: 'Payments', rows: report.payments, columns: paymentColumns(report), empty: 'No payment was reported for this order.' })}
    <h2>Decide</h2>
    ${forms.length === 0 ? html`<p class="empty">There is nothing to decide about this order.</p>` : html`<div class="forms">${forms}</div>`}`;
  return { title: report.orderId, body };
});

function paymentColumns({ paymentId, paidTwice }: OrderReport): Column<string>[] {
  const role = (id: string): Html | string => {
    if (id === paymentId) return 'credited this order';
    return paidTwice.includes(id)
      ? html`<span class="bad">came although it was settled; pay it back</span>`
      : 'did not credit anything';
  };
  return [
    { name: 'Payment', look: 'id', cell: (id) => id },
    { name: 'What it did', cell: role },
  ];
}

function decisionForms(
  { orderId, status, failure, paymentId, payments, paidTwice }: OrderReport,
  canRefund: boolean,
  refused: RefusedForm | null,
): Html[] {
  const action = `/admin/orders/${orderId}`;
  const forms: Html[] = [];
  if (['created', 'pending', 'in_review'].includes(status)) {
    const text =
      'Credits what the order says. Do it only when the money has arrived. What was paid in another currency than dollars counts as the price of the order: a refund of half of it takes half of the credit back.';
    forms.push(
      actionForm({ title: 'Settle by hand', text, action: `${action}/settle`, button: 'Credit the order', refused }),
    );
  }
  if (status === 'in_review') {
    const text = 'Closes the order without credit. Afterwards, pay back what was paid.';
    forms.push(
      actionForm({
        title: 'Refuse',
        text,
        action: `${action}/refuse`,
        button: 'Refuse the order',
        isGrave: true,
        refused,
      }),
    );
  }
  const isRefundable = (id: string): boolean =>
    paidTwice.includes(id) ||
    (status === 'failed' && failure === refusedByOperator) ||
    (id === paymentId && ['paid_confirmed', 'partially_refunded'].includes(status));
  for (const id of canRefund ? payments.filter(isRefundable) : []) {
    const text = `All that is left of ${id} goes back. What it credited is taken from the balance.`;
    forms.push(
      actionForm({
        title: 'Refund',
        text,
        action: `${action}/refund/${id}`,
        button: 'Refund the payment',
        isGrave: true,
        refused,
      }),
    );
  }
  return forms;
}

/** A form that decides about one order and comes back to its page. */
function decision(
  verb: string,
  decide: (
    services: BillingRouteDeps,
    operator: Operator,
    decided: OrderDecision,
    context: HttpContext,
  ) => Promise<unknown>,
): OpenEndpoint<BillingRouteDeps & OperatorPageDeps> {
  return operatorForm<BillingRouteDeps>(
    `/admin/orders/:id/${verb}`,
    order,
    async ({ context, services, operator, form }) => {
      const orderId = pathId(context);
      await decide(services, operator, { ...parseInput(decisionSchema, form), orderId }, context);
      return `/admin/orders/${orderId}`;
    },
  );
}

const refund = decision('refund/:payment', (services, operator, decided, context) =>
  refundPayment(services, operator, { ...decided, paymentId: context.req.param('payment') ?? '' }),
);

const dismiss = operatorForm<BillingRouteDeps>(
  '/admin/orders/unprocessed/:id/dismiss',
  orders,
  async ({ context, services, operator, form }) => {
    await dismissUnprocessed(services, operator, { ...parseInput(decisionSchema, form), id: pathId(context) });
    return '/admin/orders';
  },
);

export const orderPages = [
  orders,
  order,
  decision('settle', settleOrder),
  decision('refuse', refuseOrder),
  refund,
  dismiss,
] as const;

import { html, raw } from 'hono/html';
import { z } from 'zod';
import {
  failureWords,
  maximumTopup,
  minimumTopup,
  type Order,
  type OrderStatus,
  topupPackages,
} from '#shared/account/orders.ts';
import { CorvusError } from '#shared/errors.ts';
import { orderOf } from '../../store/row-views.ts';
import { requireRole } from '../../auth/roles.ts';
import { readAutoTopupView } from '../auto-topup/read-auto-topup.ts';
import { setAutoTopup } from '../auto-topup/set-auto-topup.ts';
import { listOrders } from '../../store/order-store.ts';
import { type Fields, formPart, type RefusedForm } from '../../http/pages/form.ts';
import type { Html } from '../../http/pages/frame.ts';
import { money, moneyColumn } from '../../http/pages/money.ts';
import { type Column, none, table, time } from '../../http/pages/parts.ts';
import { parseInput } from '../../http/read-input.ts';
import { autoTopupPart, autoTopupPath } from '../auto-topup/auto-topup-part.ts';
import { customerForm, customerPage, needing } from '../../portal/portal-page.ts';
import type { BillingRouteDeps } from '../billing-route-deps.ts';

const path = '/dashboard/topups';
const mostOrders = 100;

const topups = customerPage<BillingRouteDeps>(path, async ({ services, caller: { accountId, role }, refused }) => {
  const { db, payments, isPlayMoney, clock } = services;
  const orders = (await listOrders(db, accountId, mostOrders)).map((order) => orderOf(order, services.publicBaseUrl()));
  const autoTopup = payments.isConnected ? await readAutoTopupView(db, accountId, clock.nowMs()) : null;
  const body = html`<h1>Top-ups</h1>
    <p class="lead">The credit goes to this account; every key of it can use it at once, and it does not expire.</p>
    ${isPlayMoney ? html`<p class="note">Play money: the checkout charges nothing, no card is needed.</p>` : ''}
    ${topupForm(payments.isConnected && role === 'owner', refused)}
    ${role === 'member' ? '' : overviewOfOrders(orders, autoTopup, refused)}`;
  return { title: 'Top-ups', body };
});

function overviewOfOrders(
  orders: readonly Order[],
  autoTopup: Awaited<ReturnType<typeof readAutoTopupView>> | null,
  refused: RefusedForm | null,
): Html {
  return html`<h2 id="orders">Orders</h2>
    ${table({
      name: 'Orders',
      rows: orders,
      columns: orderColumns(orders),
      empty: 'Nothing was ordered yet. Choose an amount above.',
    })}
    <h2 id="auto">Automatic top-up</h2>
    ${autoTopupPart(autoTopup, refused)}`;
}

function topupForm(canSave: boolean, refused: RefusedForm | null): Html {
  return formPart({
    action: path,
    look: 'card wide',
    refused,
    content: (fields) =>
      html`${amountChoice(fields)}
        ${fields.input(
          { name: 'amount', label: html`Another amount, from ${money(minimumTopup)} to ${money(maximumTopup)}` },
          { inputmode: 'decimal', placeholder: '40.00' },
        )}
        ${
          canSave
            ? html`<label class="tick"
                ><input
                  type="checkbox"
                  name="savePaymentMethod"
                  ${fields.isTicked('savePaymentMethod', false) ? raw('checked') : ''}
                />
                Keep the payment method for automatic top-ups</label
              >`
            : ''
        } <button>Continue to payment</button>`,
  });
}

function amountChoice(fields: Fields): Html {
  const chosen = fields.valueOf('choice', topupPackages[1].id);
  const choice = (id: string, name: Html): Html =>
    html`<label
      ><input type="radio" name="choice" value="${id}" ${id === chosen ? raw('checked') : ''} />
      <span>${name}</span></label
    >`;
  return html`<fieldset>
    <legend>Amount</legend>
    <div class="choices">
      ${topupPackages.map(({ id, name, amount }) =>
        choice(id, html`<strong>${money(amount)}</strong> <small>${name}</small>`),
      )}
      ${choice('other', html`Another amount`)}
    </div>
  </fieldset>`;
}

const stateNames: Readonly<Record<OrderStatus, [words: string, look: '' | 'good' | 'bad']>> = {
  created: ['waiting for payment', ''],
  pending: ['payment under way', ''],
  expired: ['expired, nothing charged', ''],
  failed: ['failed, nothing charged', 'bad'],
  in_review: ['being looked at', 'bad'],
  paid_confirmed: ['credited', 'good'],
  partially_refunded: ['refunded in part', ''],
  refunded: ['refunded', ''],
  disputed: ['disputed at the bank', 'bad'],
  charged_back: ['taken back by the bank', 'bad'],
};

function orderColumns(orders: readonly Order[]): Column<Order>[] {
  const amount = moneyColumn(orders.map((order) => order.amount));
  return [
    { name: 'Created, UTC', look: 'time', cell: ({ createdAt }) => time(createdAt) },
    { name: 'Amount', look: 'number', cell: (order) => amount(order.amount) },
    { name: 'State', look: 'whole', cell: stateCell },
    { name: 'Paid, UTC', look: 'time', cell: ({ paidAt }) => time(paidAt) },
    { name: 'Taken back', look: 'number', cell: ({ takenBack }) => (takenBack === '0.00' ? none : money(takenBack)) },
    { name: 'How', cell: ({ origin }) => (origin === 'auto' ? 'automatic' : 'by hand') },
    { name: 'Order', look: 'id', cell: ({ id }) => html`<a href="/checkout/${id}">${id}</a>` },
  ];
}

function stateCell({ id, status, failure }: Order): Html {
  const [words, look] = stateNames[status];
  if (status === 'created') return html`<a href="/checkout/${id}">${words}</a>`;
  return html`<span class="${look}">${words}</span
    >${failure === null ? '' : html`<br /><small class="quiet">${failureWords(failure)}</small>`}`;
}

const openTopup = customerForm<BillingRouteDeps>(path, topups, async ({ services, caller, form }) => {
  const { accountId } = caller;
  const { choice, amount, savePaymentMethod } = parseInput(topupFormSchema, form);
  if (savePaymentMethod === 'on') requireRole(caller, 'owner');
  const quoted = topupPackages.find(({ id }) => id === choice)?.amount;
  if (quoted !== undefined && amount !== '' && amount !== quoted) {
    throw new CorvusError(
      'bad_request',
      `You chose $${quoted} and wrote ${amount} as well. Choose “Another amount”, or leave it empty.`,
      { param: 'amount' },
    );
  }
  const topup = { accountId, amountText: quoted ?? amount, savesMethod: savePaymentMethod === 'on' };
  const order = await services.payments.openTopup(topup);
  return `/checkout/${order.id}`;
});

const saveAutoTopup = customerForm<BillingRouteDeps>(
  autoTopupPath,
  topups,
  needing('owner', async ({ services, caller: { accountId }, form }) => {
    await setAutoTopup(services, accountId, parseInput(autoTopupFormSchema, form));
    return `${path}#auto`;
  }),
);

const setUpMethod = customerForm<BillingRouteDeps>(
  `${autoTopupPath}/setup`,
  topups,
  needing('owner', async ({ services, caller: { accountId } }) => {
    const { url } = await services.payments.openSetup(accountId);
    const body = html`<h1>Save a payment method</h1>
      <p class="lead">The payment provider’s page takes it. Nothing is charged there.</p>
      <p class="row">
        <a class="button" rel="noreferrer" href="${url}">Continue to the payment provider</a>
        <a href="${path}#auto">Back to top-ups</a>
      </p>`;
    return { title: 'Save a payment method', body };
  }),
);

export const topupPages = [topups, openTopup, saveAutoTopup, setUpMethod] as const;

const topupFormSchema = z.object({
  choice: z.enum([...topupPackages.map(({ id }) => id), 'other']),
  amount: z.string().trim().default(''),
  savePaymentMethod: z.literal('on').optional(),
});

const autoTopupFormSchema = z.object({
  enabled: z
    .literal('on')
    .optional()
    .transform((value) => value === 'on'),
  threshold: z.string().trim(),
  amount: z.string().trim(),
  monthlyCap: z.string().trim(),
});

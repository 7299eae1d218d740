import type { OrderStatus } from '#shared/account/orders.ts';
import { nanoUsd, usdText } from '#shared/money.ts';
import type { OrderRow } from '../database/schema.ts';

/** How somebody came to an order's page: by its link, or sent back by the payment provider. */
export type Arrival = 'direct' | 'paid' | 'cancelled';

interface CheckoutPage {
  title: string;
  body: string;
  /** Seconds after which the page asks again; null when there is nothing to wait for. */
  refreshS: number | null;
}

/** Why an order failed that somebody looked at and did not credit. */
export const refusedByOperator = 'refused';

const waitingRefreshS = 3;

/** What is said of orders that nobody can pay any more. */
const closed: Readonly<Record<Exclude<OrderStatus, 'created' | 'pending' | 'paid_confirmed'>, string>> = {
  expired: 'This order was not paid in time. Nothing was charged. Start a new top-up.',
  failed: 'The payment failed. Nothing was charged. Start a new top-up.',
  in_review: 'The payment arrived, but it differs from this order. It is being looked at and credited by hand.',
  partially_refunded: 'A part of this payment was refunded and taken from the balance.',
  refunded: 'This payment was refunded and taken from the balance.',
  disputed: 'This payment is disputed at the bank. It is taken from the balance until that is decided.',
  charged_back: 'This payment was taken back by the bank, and from the balance.',
};

/** An order's page: the provider's checkout, in play-money mode a test payment, afterwards what became of it. */
export function checkoutPage(order: OrderRow, isPlayMoney: boolean, arrival: Arrival, awaitsClaim = false): CheckoutPage {
  const { status } = order;
  if (status === 'paid_confirmed' && awaitsClaim) {
    const text = '<p class="good" role="status">Paid. Open the claim link that came with this order: it shows your key.</p>';
    return page(order, 'Paid', text, '<p>Without the link, ask the operator of this service; have the order number ready.</p>');
  }
  if (status === 'paid_confirmed') {
    const text = '<p class="good" role="status">Credited to your balance. You can close this page.</p>';
    return page(order, 'Paid', text, '<p><a href="/dashboard">Open the dashboard</a></p>');
  }
  if (status === 'pending' || (status === 'created' && arrival === 'paid')) {
    const text = 'Thank you. The balance rises as soon as the payment is confirmed; bank payments can take days.';
    return { ...page(order, 'Payment under way', `<p role="status">${text}</p>`), refreshS: waitingRefreshS };
  }
  if (order.failure === refusedByOperator)
    return page(order, 'Closed', '<p role="status">This payment was not accepted. What was paid is paid back.</p>');
  if (status !== 'created') return page(order, 'Closed', `<p role="status">${closed[status]}</p>`);
  if (isPlayMoney) {
    const note = '<p class="note">Play money. Nothing is charged, no card is needed.</p>';
    const pay = `<form method="post" action="/checkout/${order.id}/pay"><button type="submit">Pay $${amountOf(order)}</button></form>`;
    return page(order, 'Test checkout', note, pay);
  }
  if (order.checkout_url === null) {
    const text = 'Payment is not configured on this service, so this order cannot be paid yet. Nothing was charged.';
    return page(order, 'Top up', `<p class="note" role="status">${text}</p>`);
  }
  const note = arrival === 'cancelled' ? '<p role="status">Nothing was charged. You can still pay.</p>' : '';
  const link = `<a class="button" rel="noreferrer" href="${order.checkout_url.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}">Pay $${amountOf(order)}</a>`;
  return page(order, 'Top up', note, link);
}

function page(order: OrderRow, title: string, status: string, action = ''): CheckoutPage {
  const heading = order.status === 'created' ? 'Top up your balance' : title;
  const created = new Date(Number(order.created_at_ms)).toISOString().slice(0, 16).replace('T', ' ');
  const facts = `<dl><dt>Order</dt><dd>${order.id}</dd><dt>Created</dt><dd>${created} UTC</dd></dl>`;
  return { title, body: `<h1>${heading}</h1><p class="amount">$${amountOf(order)}</p>${status}${facts}${action}`, refreshS: null };
}

function amountOf(order: OrderRow): string {
  return usdText(nanoUsd(order.amount));
}

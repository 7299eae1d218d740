import type { OrderStatus } from '#shared/account/orders.ts';
import { nanoUsd, usdText } from '#shared/money.ts';
import { CorvusError } from '#shared/errors.ts';
import { isoTime } from '#shared/time.ts';
import type { OrderRow } from '../../database/schema.ts';
import { awaitsClaim } from '../../members/claim-links.ts';
import { findOrder, refusedByOperator } from '../../store/order-store.ts';
import type { HttpContext, OpenEndpoint } from '../../http/endpoint.ts';
import { pageResponse } from '../../http/pages/page.ts';
import { confirmOrderPaid } from './confirm-order-paid.ts';
import type { BillingRouteDeps } from '../billing-route-deps.ts';

/** How a person came to an order's page: by its link, or sent back by the payment provider. */
type Arrival = 'direct' | 'paid' | 'cancelled';

interface CheckoutPage {
  title: string;
  body: string;
  /** Seconds after which the page reloads; null when there is nothing to wait for. */
  refreshS: number | null;
}

const waitingRefreshS = 3;

/** What is said of orders that can no longer be paid. */
const closed: Readonly<Record<Exclude<OrderStatus, 'created' | 'pending' | 'paid_confirmed'>, string>> = {
  expired: 'This order was not paid in time. Nothing was charged. Start a new top-up.',
  failed: 'The payment failed. Nothing was charged. Start a new top-up.',
  in_review: 'The payment arrived, but it differs from this order. It is being looked at and credited by hand.',
  partially_refunded: 'A part of this payment was refunded and taken from the balance.',
  refunded: 'This payment was refunded and taken from the balance.',
  disputed: 'This payment is disputed at the bank. It is taken from the balance until that is decided.',
  charged_back: 'This payment was taken back by the bank, and from the balance.',
};

/** An order's page: the provider's checkout, in play-money mode a test payment, and afterwards the result. */
function checkoutPage(order: OrderRow, isPlayMoney: boolean, arrival: Arrival, isClaimDue: boolean): CheckoutPage {
  const { status } = order;
  if (status === 'paid_confirmed' && isClaimDue) {
    const text =
      '<p class="good" role="status">Paid. Open the claim link that came with this order: it shows your key.</p>';
    return page(
      order,
      'Paid',
      text,
      '<p>Without the link, ask the operator of this service; have the order number ready.</p>',
    );
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
    return page(order, 'Closed', '<p role="status">This payment was not accepted. It will be refunded.</p>');
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
  const created = isoTime(order.created_at_ms).slice(0, 16).replace('T', ' ');
  const facts = `<dl><dt>Order</dt><dd>${order.id}</dd><dt>Created</dt><dd>${created} UTC</dd></dl>`;
  return {
    title,
    body: `<h1>${heading}</h1><p class="amount">$${amountOf(order)}</p>${status}${facts}${action}`,
    refreshS: null,
  };
}

function amountOf(order: OrderRow): string {
  return usdText(nanoUsd(order.amount));
}

/** Anyone with an order's link may see and pay it, as with any payment link. */
export const getCheckout: OpenEndpoint<BillingRouteDeps> = {
  method: 'get',
  path: '/checkout/:order',
  access: 'open',
  handle: (context, services) => showOrder(context, services, 'direct'),
};

/** Where the payment provider sends customers after payment. Shows the state; opening it credits nothing. */
export const getCheckoutSuccess: OpenEndpoint<BillingRouteDeps> = {
  method: 'get',
  path: '/checkout/:order/success',
  access: 'open',
  handle: (context, services) => showOrder(context, services, 'paid'),
};

export const getCheckoutCancelled: OpenEndpoint<BillingRouteDeps> = {
  method: 'get',
  path: '/checkout/:order/cancelled',
  access: 'open',
  handle: (context, services) => showOrder(context, services, 'cancelled'),
};

function noSuchOrder(): Response {
  return pageResponse('Not found', '<h1>No such order</h1><p>Check the link, or start a new top-up.</p>', 404);
}

async function showOrder(context: HttpContext, services: BillingRouteDeps, arrival: Arrival): Promise<Response> {
  const order = await findOrder(services.db, context.req.param('order') ?? '');
  if (!order) return noSuchOrder();
  const { title, body, refreshS } = checkoutPage(
    order,
    services.isPlayMoney,
    arrival,
    await awaitsClaim(services.db, order.id),
  );
  const response = pageResponse(title, body);
  if (refreshS !== null) response.headers.set('refresh', String(refreshS));
  return response;
}

/** The test checkout's button. Only in play-money mode: real money is credited by a signed event, never by a page. */
export const payCheckout: OpenEndpoint<BillingRouteDeps> = {
  method: 'post',
  path: '/checkout/:order/pay',
  access: 'open',
  async handle(context, services) {
    if (!services.isPlayMoney) throw new CorvusError('not_found', 'Payment is not configured on this service.');
    const orderId = context.req.param('order') ?? '';
    const payment = { orderId, paymentId: `test_${orderId}`, isPlayMoney: true, nowMs: services.clock.nowMs() };
    const result = await confirmOrderPaid(services.db, payment);
    if (result.kind === 'not_found') return noSuchOrder();
    // The order's page says why it can no longer be paid.
    if (result.kind !== 'not_payable') services.events.emit('account.changed', { accountId: result.order.account_id });
    return context.redirect(`/checkout/${orderId}`, 303);
  },
};

/** Where the payment provider sends customers after a payment method was saved. */
export const getPaymentMethodSaved: OpenEndpoint<BillingRouteDeps> = {
  method: 'get',
  path: '/payment-method/saved',
  access: 'open',
  handle: () =>
    pageResponse(
      'Payment method',
      '<h1>Payment method received</h1><p role="status">Automatic top-ups can use it in a moment. You can close this page.</p>',
    ),
};

export const getPaymentMethodCancelled: OpenEndpoint<BillingRouteDeps> = {
  method: 'get',
  path: '/payment-method/cancelled',
  access: 'open',
  handle: () =>
    pageResponse('Payment method', '<h1>Nothing was saved</h1><p role="status">You can close this page.</p>'),
};

import { checkoutPage, type Arrival } from './checkout-page.ts';
import { awaitsClaim } from '../members/claim-links.ts';
import { findOrder } from '../store/order-store.ts';
import type { HttpContext, OpenEndpoint } from '../http/endpoint.ts';
import { pageResponse } from '../http/pages/page.ts';
import type { Services } from '../http/services.ts';

/** Whoever has an order's link may see and pay it, as with any payment link. */
export const getCheckout: OpenEndpoint = {
  method: 'get',
  path: '/checkout/:order',
  access: 'open',
  handle: (context, services) => showOrder(context, services, 'direct'),
};

/** Where the payment provider sends people who have paid. Shows what is known; coming here credits nothing. */
export const getCheckoutSuccess: OpenEndpoint = {
  method: 'get',
  path: '/checkout/:order/success',
  access: 'open',
  handle: (context, services) => showOrder(context, services, 'paid'),
};

export const getCheckoutCancelled: OpenEndpoint = {
  method: 'get',
  path: '/checkout/:order/cancelled',
  access: 'open',
  handle: (context, services) => showOrder(context, services, 'cancelled'),
};

async function showOrder(context: HttpContext, services: Services, arrival: Arrival): Promise<Response> {
  const order = await findOrder(services.db, context.req.param('order') ?? '');
  if (!order) return pageResponse('Not found', '<h1>No such order</h1><p>Check the link, or start a new top-up.</p>', 404);
  const { title, body, refreshS } = checkoutPage(order, services.isPlayMoney, arrival, await awaitsClaim(services.db, order.id));
  const response = pageResponse(title, body);
  if (refreshS !== null) response.headers.set('refresh', String(refreshS));
  return response;
}

import { checkoutPage } from '../../billing/checkout-page.ts';
import { findOrder } from '../../store/order-store.ts';
import type { OpenEndpoint } from '../endpoint.ts';
import { pageResponse } from '../page.ts';

/** Whoever has an order's link may see and pay it, as with any payment link. */
export const getCheckout: OpenEndpoint = {
  method: 'get',
  path: '/checkout/:order',
  access: 'open',
  async handle(context, services) {
    const order = await findOrder(services.db, context.req.param('order') ?? '');
    if (!order) return pageResponse('Not found', '<h1>No such order</h1><p>Check the link, or start a new top-up.</p>', 404);
    const { title, body } = checkoutPage(order, services.isPlayMoney);
    return pageResponse(title, body);
  },
};

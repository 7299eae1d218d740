import { CorvusError } from '#shared/errors.ts';
import { confirmOrderPaid } from './confirm-order-paid.ts';
import type { OpenEndpoint } from '../http/endpoint.ts';

/** The test checkout's button. Exists in play-money mode only: real money is credited by a signed event, never by a page. */
export const payCheckout: OpenEndpoint = {
  method: 'post',
  path: '/checkout/:order/pay',
  access: 'open',
  async handle(context, services) {
    if (!services.isPlayMoney) throw new CorvusError('not_found', 'Payment is not configured on this service.');
    const orderId = context.req.param('order') ?? '';
    const payment = { orderId, paymentId: `test_${orderId}`, isPlayMoney: true, nowMs: services.clock.nowMs() };
    const result = await confirmOrderPaid(services.db, payment);
    if (result.kind === 'not_found') throw new CorvusError('not_found', 'There is no such order.');
    if (result.kind === 'not_payable') throw new CorvusError('conflict', 'This order is closed. Start a new top-up.');
    services.changed(result.order.account_id);
    return context.redirect(`/checkout/${orderId}`, 303);
  },
};

import { orderListSchema } from '#shared/account/orders.ts';
import { orderOf } from '../store/row-views.ts';
import { listOrders } from '../store/order-store.ts';
import { keyEndpoint } from '../http/declare-endpoint.ts';

const mostOrders = 100;

export const getAccountTopups = keyEndpoint({
  method: 'get',
  path: '/v1/account/topups',
  summary: 'The newest 100 top-ups.',
  needs: 'admin',
  reply: orderListSchema,
}).handle(async ({ services, caller }) => {
  const orders = await listOrders(services.db, caller.accountId, mostOrders);
  return { object: 'list', data: orders.map((order) => orderOf(order, services.publicBaseUrl())) };
});

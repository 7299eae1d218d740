import { orderOf } from '../../accounts/account-views.ts';
import { listOrders } from '../../store/order-store.ts';
import type { KeyEndpoint } from '../endpoint.ts';

const mostOrders = 100;

/** The newest orders of the account. */
export const getAccountTopups: KeyEndpoint = {
  method: 'get',
  path: '/v1/account/topups',
  access: 'key',
  async handle(context, services, caller) {
    const orders = await listOrders(services.db, caller.accountId, mostOrders);
    return context.json({ object: 'list', data: orders.map((order) => orderOf(order, services.publicBaseUrl())) });
  },
};

import { topupInputSchema } from '#shared/account/orders.ts';
import { orderOf } from '../../accounts/account-views.ts';
import { createOrder } from '../../billing/create-order.ts';
import type { KeyEndpoint } from '../endpoint.ts';
import { readJsonBody } from '../read-json-body.ts';
import { parseInput } from '../read-query.ts';

export const postAccountTopups: KeyEndpoint = {
  method: 'post',
  path: '/v1/account/topups',
  access: 'key',
  async handle(context, services, caller) {
    const { amount } = parseInput(topupInputSchema, await readJsonBody(context));
    const nowMs = services.clock.nowMs();
    const order = await createOrder(services.db, services.random, { accountId: caller.accountId, amountText: amount, nowMs });
    services.feed.changed(caller.accountId);
    return context.json(orderOf(order, services.publicBaseUrl()), 201);
  },
};

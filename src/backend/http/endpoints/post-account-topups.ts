import { topupInputSchema, topupPackages } from '#shared/account/orders.ts';
import { orderOf } from '../../accounts/account-views.ts';
import type { KeyEndpoint } from '../endpoint.ts';
import { readJsonBody } from '../read-json-body.ts';
import { parseInput } from '../read-query.ts';

export const postAccountTopups: KeyEndpoint = {
  method: 'post',
  path: '/v1/account/topups',
  access: 'key',
  async handle(context, services, caller) {
    const input = parseInput(topupInputSchema, await readJsonBody(context));
    const amountText = input.amount ?? topupPackages.find(({ id }) => id === input.package)?.amount ?? '';
    const order = await services.payments.openTopup({ accountId: caller.accountId, amountText, savesMethod: input.savePaymentMethod });
    return context.json(orderOf(order, services.publicBaseUrl()), 201);
  },
};

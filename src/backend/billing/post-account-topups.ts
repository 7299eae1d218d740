import { orderSchema, topupInputSchema, topupPackages } from '#shared/account/orders.ts';
import { orderOf } from '../store/row-views.ts';
import { demandRole } from '../auth/roles.ts';
import { keyEndpoint } from '../http/declare-endpoint.ts';

export const postAccountTopups = keyEndpoint({
  method: 'post',
  path: '/v1/account/topups',
  summary: 'Opens a top-up, by package or amount; the customer pays at its `checkoutUrl`.',
  body: topupInputSchema,
  reply: orderSchema,
  status: 201,
  errors: ['payment_unavailable', 'rate_limit_exceeded', 'role_not_allowed'],
}).handle(async ({ services, caller, body }) => {
  if (body.savePaymentMethod) demandRole(caller, 'owner');
  const amountText = body.amount ?? topupPackages.find(({ id }) => id === body.package)?.amount ?? '';
  const order = await services.payments.openTopup({ accountId: caller.accountId, amountText, savesMethod: body.savePaymentMethod });
  return orderOf(order, services.publicBaseUrl());
});

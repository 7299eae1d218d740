import { paymentMethodSetupSchema } from '#shared/account/auto-topup.ts';
import { keyEndpoint } from '../http/declare-endpoint.ts';

export const postAccountAutoTopupSetup = keyEndpoint({
  method: 'post',
  path: '/v1/account/auto-topup/setup',
  summary: 'A page at the payment provider where a payment method is left for automatic top-ups; nothing is charged there.',
  needs: 'owner',
  reply: paymentMethodSetupSchema,
  status: 201,
  errors: ['conflict', 'payment_unavailable', 'rate_limit_exceeded'],
}).handle(async ({ services, caller }) => {
  const { url } = await services.payments.openSetup(caller.accountId);
  return { object: 'payment_method_setup', url };
});

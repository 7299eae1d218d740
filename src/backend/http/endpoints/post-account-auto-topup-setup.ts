import type { KeyEndpoint } from '../endpoint.ts';

/** A page at the payment provider where a payment method is left for automatic top-ups; nothing is charged there. */
export const postAccountAutoTopupSetup: KeyEndpoint = {
  method: 'post',
  path: '/v1/account/auto-topup/setup',
  access: 'key',
  async handle(context, services, caller) {
    const { url } = await services.payments.openSetup(caller.accountId);
    return context.json({ object: 'payment_method_setup', url }, 201);
  },
};

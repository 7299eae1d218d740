import { autoTopupSchema, autoTopupInputSchema, paymentMethodSetupSchema } from '#shared/account/auto-topup.ts';
import { readAutoTopupView } from './read-auto-topup.ts';
import { keyEndpoint } from '../../http/declare-endpoint.ts';
import { setAutoTopup } from './set-auto-topup.ts';
import type { BillingRouteDeps } from '../billing-route-deps.ts';

export const getAccountAutoTopup = keyEndpoint({
  method: 'get',
  path: '/v1/account/auto-topup',
  summary: 'How the balance is topped up automatically, and whether that is paused.',
  needs: 'admin',
  reply: autoTopupSchema,
}).handle<BillingRouteDeps>(({ services, caller }) =>
  readAutoTopupView(services.db, caller.accountId, services.clock.nowMs()),
);

export const putAccountAutoTopup = keyEndpoint({
  method: 'put',
  path: '/v1/account/auto-topup',
  summary: 'Sets the automatic top-up. Setting it again also ends a pause.',
  body: autoTopupInputSchema,
  needs: 'owner',
  reply: autoTopupSchema,
  errors: ['conflict'],
}).handle<BillingRouteDeps>(async ({ services, caller: { accountId }, body }) => {
  await setAutoTopup(services, accountId, body);
  return readAutoTopupView(services.db, accountId, services.clock.nowMs());
});

export const postAccountAutoTopupSetup = keyEndpoint({
  method: 'post',
  path: '/v1/account/auto-topup/setup',
  summary: 'A page at the payment provider that saves a payment method for automatic top-ups; it charges nothing.',
  needs: 'owner',
  reply: paymentMethodSetupSchema,
  status: 201,
  errors: ['not_found', 'payment_unavailable', 'rate_limit_exceeded'],
}).handle<BillingRouteDeps>(async ({ services, caller }) => {
  const { url } = await services.payments.openSetup(caller.accountId);
  return { object: 'payment_method_setup', url };
});

import { CorvusError } from '#shared/errors.ts';
import type { OpenEndpoint } from '../../http/endpoint.ts';
import { readBytes } from '../../http/read-json-body.ts';
import type { BillingRouteDeps } from '../billing-route-deps.ts';

const longestEventBytes = 1024 * 1024;

/** Where Stripe reports payments. The signature covers the bytes, so they are not parsed before it is checked. */
export const postStripeWebhook: OpenEndpoint<BillingRouteDeps> = {
  method: 'post',
  path: '/webhooks/payments/stripe',
  access: 'open',
  async handle(context, services) {
    const body = await readBytes(context, longestEventBytes);
    if (!body) throw new CorvusError('webhook_refused', 'No event is as large as this.');
    const outcome = await services.payments.receive(body, context.req.header('stripe-signature'));
    return context.json({ received: true, outcome });
  },
};

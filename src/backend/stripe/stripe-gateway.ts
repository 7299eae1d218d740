import { Stripe } from 'stripe';
import { CorvusError } from '#shared/errors.ts';
import type { PaymentFact } from '../billing/payments/payment-facts.ts';
import type {
  ChargeResult,
  ChargeRequest,
  CheckoutRequest,
  PaymentGateway,
} from '../billing/payments/payment-gateway.ts';
import { readWebhook } from './read-webhook.ts';
import { dateOf } from './stripe-date.ts';
import { eventsSince, findListed, moneyBackSince, pageSize } from './stripe-lists.ts';
import { accountKey, orderKey, orderOfIntent, readIntent, readMoneyBack, readSession } from './stripe-objects.ts';

export interface StripeDeps {
  client: Stripe;
  secrets: readonly string[];
  isLive: boolean;
}

const currency = 'usd';
const productName = 'Corvus balance';

/** Maps the payment gateway to Stripe's API. Each order and account has its own idempotency keys. */
export function createStripeGateway({ client, secrets, isLive }: StripeDeps): PaymentGateway {
  return {
    readWebhook: (body, signature, nowMs) =>
      readWebhook({ webhooks: client.webhooks, secrets, isLive }, body, signature, nowMs),
    createCustomer: (accountId) =>
      asked(async () => {
        const customer = await client.customers.create(
          { metadata: { [accountKey]: accountId } },
          { idempotencyKey: `${accountId}:customer` },
        );
        return customer.id;
      }),
    openCheckout: (request) => asked(() => openCheckout(client, request)),
    openSetup: ({ accountId, customerId, successUrl, cancelUrl }) =>
      asked(async () => {
        const session = await client.checkout.sessions.create({
          mode: 'setup',
          currency,
          customer: customerId,
          success_url: successUrl,
          cancel_url: cancelUrl,
          metadata: { [accountKey]: accountId },
          setup_intent_data: { metadata: { [accountKey]: accountId } },
        });
        return { url: urlOf(session) };
      }),
    charge: (request) => charge(client, request),
    cancelCharge: (orderId, paymentId) =>
      asked(async () => {
        await client.paymentIntents.cancel(paymentId, {}, { idempotencyKey: `${orderId}:cancel` });
      }),
    readCheckout: (sessionId) =>
      asked(async () => {
        const session = await client.checkout.sessions.retrieve(sessionId, { expand: ['payment_intent'] });
        const [fact] = readSession(session);
        if (!fact) throw new Error(`${sessionId} is not a payment`);
        return fact;
      }),
    refund: (paymentId, failedBefore) => asked(() => refund(client, paymentId, failedBefore)),
    findCharge: (orderId, customerId, sinceS) => asked(() => findCharge(client, orderId, customerId, sinceS)),
    eventsSince: (sinceS) => eventsSince(client, isLive, sinceS),
    moneyBackSince: (sinceS) => moneyBackSince(client, sinceS),
    findListed: (one) => asked(() => findListed(client, isLive, one)),
  };
}

async function openCheckout(client: Stripe, request: CheckoutRequest): Promise<{ sessionId: string; url: string }> {
  const metadata = { [orderKey]: request.orderId, [accountKey]: request.accountId };
  const session = await client.checkout.sessions.create(
    {
      mode: 'payment',
      customer: request.customerId,
      client_reference_id: request.orderId,
      success_url: request.successUrl,
      cancel_url: request.cancelUrl,
      line_items: [
        {
          quantity: 1,
          price_data: {
            currency,
            unit_amount: request.amountCents,
            product_data: { name: productName },
          },
        },
      ],
      metadata,
      payment_intent_data: {
        metadata,
        ...(request.savesMethod ? { setup_future_usage: 'off_session' as const } : {}),
      },
    },
    { idempotencyKey: `${request.orderId}:session` },
  );
  return { sessionId: session.id, url: urlOf(session) };
}

function urlOf({ id, url }: { id: string; url: string | null }): string {
  if (url === null) throw new Error(`${id} has no page`);
  return url;
}

async function refund(client: Stripe, paymentId: string, failedBefore: number): Promise<PaymentFact | null> {
  try {
    const made = await client.refunds.create(
      { payment_intent: paymentId },
      { idempotencyKey: `${paymentId}:refund:${failedBefore}` },
    );
    return readMoneyBack('refund', made, dateOf(made.lastResponse, made.created))[0] ?? null;
  } catch (error) {
    // For example what is disputed, or was refunded there: the same request can never succeed.
    if (error instanceof Stripe.errors.StripeInvalidRequestError)
      throw new CorvusError('conflict', `Stripe does not refund this payment: ${error.message}`, {}, error);
    throw error;
  }
}

async function charge(client: Stripe, request: ChargeRequest): Promise<ChargeResult> {
  try {
    const intent = await client.paymentIntents.create(
      {
        amount: request.amountCents,
        currency,
        customer: request.customerId,
        payment_method: request.methodId,
        off_session: true,
        confirm: true,
        description: `${productName}, automatic top-up`,
        metadata: { [orderKey]: request.orderId, [accountKey]: request.accountId },
      },
      { idempotencyKey: `${request.orderId}:charge` },
    );
    const [fact] = readIntent(intent, dateOf(intent.lastResponse, intent.created));
    return fact ? { kind: 'taken', fact } : { kind: 'unknown', cause: intent.id };
  } catch (error) {
    if (error instanceof Stripe.errors.StripeCardError) {
      return { kind: 'declined', reason: error.code ?? 'card_declined', paymentId: error.payment_intent?.id ?? null };
    }
    // For example a removed method: the same request can never succeed.
    if (error instanceof Stripe.errors.StripeInvalidRequestError) {
      return {
        kind: 'declined',
        reason: error.code ?? 'payment_method_invalid',
        paymentId: error.payment_intent?.id ?? null,
      };
    }
    return { kind: 'unknown', cause: error };
  }
}

async function findCharge(
  client: Stripe,
  orderId: string,
  customerId: string,
  sinceS: number,
): Promise<PaymentFact | null> {
  for await (const intent of client.paymentIntents.list({
    customer: customerId,
    created: { gte: sinceS },
    limit: pageSize,
  })) {
    if (orderOfIntent(intent) === orderId) return readIntent(intent, intent.created)[0] ?? null;
  }
  return null;
}

async function asked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CorvusError) throw error;
    throw new CorvusError('payment_unavailable', undefined, { retryAfterSeconds: 5 }, error);
  }
}

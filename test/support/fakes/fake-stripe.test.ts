import { Stripe } from 'stripe';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseForm } from './fake-stripe-form.ts';
import { faultOf } from './fake-stripe-schema.ts';
import { type FakeStripe, startFakeStripe } from './fake-stripe.ts';

// The stand-in has to be as strict as the real thing, or tests that pass against it mean nothing.
let fake: FakeStripe;
let client: Stripe;

beforeAll(async () => {
  fake = await startFakeStripe();
  const { hostname, port } = new URL(fake.baseUrl);
  client = new Stripe(fake.secretKey, { host: hostname, port, protocol: 'http', maxNetworkRetries: 0 });
});

afterAll(() => fake.close());

const checkout = (amount: number): Stripe.Checkout.SessionCreateParams => ({
  mode: 'payment',
  success_url: 'https://example.com/',
  line_items: [{ quantity: 1, price_data: { currency: 'usd', unit_amount: amount, product_data: { name: 'x' } } }],
});

test('forms with brackets become trees', () => {
  expect(parseForm('a[b][0][c]=1&a[b][1][c]=2&expand[]=x&expand[]=y&plain=z')).toEqual({
    a: { b: [{ c: '1' }, { c: '2' }] },
    expand: ['x', 'y'],
    plain: 'z',
  });
});

test('parameters that Stripe does not know, or no longer knows, are refused by name', async () => {
  const wrong = { ...checkout(500), payment_method_types: ['card'] };
  await expect(client.checkout.sessions.create(wrong)).rejects.toMatchObject({
    type: 'StripeInvalidRequestError',
    code: 'parameter_unknown',
    param: 'payment_method_types',
  });
  await expect(client.checkout.sessions.create(checkout(49))).rejects.toMatchObject({ code: 'amount_too_small' });
  await expect(
    client.customers.create({ name: 'x', shoe_size: 43 } as Stripe.CustomerCreateParams),
  ).rejects.toMatchObject({
    param: 'shoe_size',
  });
  await expect(client.paymentIntents.create({ amount: 500, currency: '' })).rejects.toThrow();
});

test('a wrong key and a missing object are refused as Stripe does', async () => {
  const { hostname, port } = new URL(fake.baseUrl);
  const stranger = new Stripe('sk_test_stranger', { host: hostname, port, protocol: 'http', maxNetworkRetries: 0 });
  await expect(stranger.customers.create({})).rejects.toMatchObject({ type: 'StripeAuthenticationError' });
  await expect(client.checkout.sessions.retrieve('cs_test_none')).rejects.toMatchObject({
    code: 'resource_missing',
    statusCode: 404,
  });
});

test('an idempotency key gives the same answer again, and refuses other parameters', async () => {
  const options = { idempotencyKey: 'one' };
  const first = await client.customers.create({ name: 'a' }, options);
  const again = await client.customers.create({ name: 'a' }, options);
  expect(again.id).toBe(first.id);
  expect(again.lastResponse.headers['idempotent-replayed']).toBe('true');
  await expect(client.customers.create({ name: 'b' }, options)).rejects.toMatchObject({
    type: 'StripeIdempotencyError',
  });
  fake.failNext('POST /v1/customers', 'error-after');
  await expect(client.customers.create({}, { idempotencyKey: 'two' })).rejects.toMatchObject({ statusCode: 500 });
  await expect(client.customers.create({}, { idempotencyKey: 'two' })).rejects.toMatchObject({ statusCode: 500 });
});

test('every object and event it shows is one that Stripe describes', async () => {
  const customer = await client.customers.create({});
  const session = await client.checkout.sessions.create({ ...checkout(2000), customer: customer.id });
  fake.hands.pay(session.id);
  const paymentId = fake.state.sessions.get(session.id)?.payment_intent ?? '';
  await client.refunds.create({ payment_intent: paymentId, amount: 500 });
  await expect(client.refunds.create({ payment_intent: paymentId, amount: 1501 })).rejects.toMatchObject({
    code: 'charge_already_refunded',
  });
  fake.hands.moveDispute(fake.hands.dispute(paymentId), 'lost');
  const definitions: Readonly<Record<string, string>> = {
    'checkout.session': 'CheckoutSession',
    payment_intent: 'PaymentIntent',
    charge: 'Charge',
    refund: 'Refund',
    dispute: 'Dispute',
  };
  const { data: events } = await client.events.list({ limit: 100 });
  expect(events.length).toBeGreaterThan(8);
  for (const event of events) {
    expect(faultOf('Event', event)).toBeNull();
    const object: unknown = event.data.object;
    const kind = typeof object === 'object' && object !== null && 'object' in object ? String(object.object) : '';
    expect(faultOf(definitions[kind] ?? kind, object)).toBeNull();
  }
  expect(events.map(({ type }) => type)).toEqual(
    expect.arrayContaining([
      'payment_intent.created',
      'charge.succeeded',
      'checkout.session.completed',
      'charge.refunded',
      'refund.created',
      'charge.dispute.closed',
    ]),
  );
});

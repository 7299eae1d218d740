import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { connectStripe } from '#backend/stripe/connect-stripe.ts';
import type { StripeEvent } from '../../support/fakes/fake-stripe-state.ts';
import type { DeliveryOptions } from '../../support/fakes/fake-stripe.ts';
import { directNetwork } from '../../support/direct-network.ts';
import { type PaidService, startPaidService } from '../../support/start-paid-service.ts';

let paid: PaidService;

beforeEach(async () => {
  paid = await startPaidService();
});

afterEach(async () => {
  expect(await paid.service.backend.verify()).toEqual([]);
  await paid[Symbol.asyncDispose]();
});

const balance = async () => (await paid.account()).balance;

const storedEventsSchema = z.array(
  z.object({ id: z.string(), type: z.string(), outcome: z.string(), source: z.string() }),
);

async function storedEvents(): Promise<z.infer<typeof storedEventsSchema>> {
  return storedEventsSchema.parse(
    await paid.service.database.run('select id, type, outcome, source from payment_events order by received_at_ms, id'),
  );
}

/** The ids of what could not be processed. */
async function waiting(): Promise<string[]> {
  const rows = z.array(z.object({ id: z.string() }));
  return rows.parse(await paid.service.database.run('select id from unprocessed_payments')).map(({ id }) => id);
}

/** The event that says a new order was paid. */
async function paymentEvent(amount = '20.00'): Promise<StripeEvent> {
  const { sessionId } = await paid.openOrder(amount);
  paid.stripe.hands.pay(sessionId);
  const event = paid.stripe.takeEvents().find(({ type }) => type === 'checkout.session.completed');
  if (!event) throw new Error('nothing was paid');
  return event;
}

describe('only what Stripe signed a moment ago is read (D74)', () => {
  const now = (): number => paid.stripe.state.nowS();
  test.each<[string, (event: StripeEvent) => DeliveryOptions | RequestInit]>([
    ['signed with another secret', () => ({ secret: 'whsec_other' })],
    ['301 seconds old', () => ({ timestamp: now() - 301 })],
    ['301 seconds in the future', () => ({ timestamp: now() + 302 })],
    ['a hundred years in the future', () => ({ timestamp: now() + 3_153_600_000 })],
    ['encoded again', (event) => ({ body: JSON.stringify(event, null, 1) })],
    ['with a byte order mark', (event) => ({ body: `\uFEFF${JSON.stringify(event)}` })],
    ['with a changed amount', (event) => ({ body: JSON.stringify(event).replaceAll('2000', '9000') })],
    ['not text', () => ({ body: Uint8Array.from([0xff, 0xfe, 0x7b, 0x7d]) })],
    ['ten megabytes long', () => ({ body: `"${'x'.repeat(10_000_000)}"` })],
    ['empty', () => ({ body: '' })],
  ])('%s: refused, nothing is kept', async (_, options) => {
    const event = await paymentEvent();
    const reply = await paid.stripe.deliver(paid.webhookUrl, event, options(event) as DeliveryOptions);
    expect(reply.status).toBe(400);
    expect(await reply.json()).toMatchObject({ error: { code: 'webhook_refused' } });
    expect(await storedEvents()).toEqual([]);
    expect(await balance()).toBe('0.00');
  });

  test.each([
    ['no signature', {}],
    ['an empty one', { 'stripe-signature': '' }],
    ['only an old scheme', { 'stripe-signature': `t=${Math.floor(Date.now() / 1000)},v0=00` }],
    ['nonsense', { 'stripe-signature': 't=x,v1=,v1=y' }],
  ])('%s: refused', async (_, headers: Record<string, string>) => {
    const body = JSON.stringify(await paymentEvent());
    expect((await fetch(paid.webhookUrl, { method: 'POST', headers, body })).status).toBe(400);
    expect(await storedEvents()).toEqual([]);
  });

  test.each([-299, 0, 299])('%i seconds from now is near enough', async (offset) => {
    const event = await paymentEvent();
    expect((await paid.stripe.deliver(paid.webhookUrl, event, { timestamp: now() + offset })).status).toBe(200);
    expect(await balance()).toBe('20.00');
  });

  test('while a secret is replaced, both sign; afterwards only the new one', async () => {
    const settings = { secretKey: 'sk_test_x', apiBase: null };
    const both = connectStripe({ ...settings, webhookSecrets: ['whsec_old', 'whsec_new'] }, directNetwork().fetch);
    const single = connectStripe({ ...settings, webhookSecrets: ['whsec_new'] }, directNetwork().fetch);
    const event = await paymentEvent();
    let seen: { body: Buffer; signature: string } | null = null;
    const { createServer } = await import('node:http');
    const { buffer } = await import('node:stream/consumers');
    const server = createServer(async (request, response) => {
      seen = { body: await buffer(request), signature: String(request.headers['stripe-signature']) };
      response.end();
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const read = async (secret: string, gateway: typeof both) => {
      await paid.stripe.deliver(`http://127.0.0.1:${port}/`, event, { secret });
      return () => gateway.readWebhook(seen?.body ?? Buffer.alloc(0), seen?.signature, Date.now()).id;
    };
    expect((await read('whsec_old', both))()).toBe(event.id);
    expect((await read('whsec_new', both))()).toBe(event.id);
    expect((await read('whsec_new', single))()).toBe(event.id);
    expect(await read('whsec_old', single)).toThrow('not signed');
    server.close();
  });
});

test('one event a thousand times at once: one credit, one row, every delivery answered with 200 (D75)', async () => {
  const event = await paymentEvent();
  const statuses = new Set<number>();
  for (let round = 0; round < 10; round += 1) {
    const replies = await Promise.all(Array.from({ length: 100 }, () => paid.deliver(event)));
    for (const reply of replies) {
      statuses.add(reply.status);
      await reply.arrayBuffer();
    }
  }
  expect([...statuses]).toEqual([200]);
  expect(await balance()).toBe('20.00');
  expect(await storedEvents()).toEqual([
    { id: event.id, type: 'checkout.session.completed', outcome: 'credited', source: 'webhook' },
  ]);
});

test('a replay under a new id, signed again, credits nothing more', async () => {
  const event = await paymentEvent();
  await paid.deliver(event);
  await paid.deliver({ ...event, id: 'evt_replayed' });
  expect(await balance()).toBe('20.00');
  expect((await storedEvents()).map(({ outcome }) => outcome)).toEqual(['credited', 'unchanged']);
});

test('an event that is three days late counts as any other', async () => {
  const event = await paymentEvent();
  paid.advance(3 * 86_400_000);
  expect((await paid.deliver(event)).status).toBe(200);
  expect(await balance()).toBe('20.00');
});

test('an order that expired before the event of its payment came is credited all the same', async () => {
  const event = await paymentEvent();
  const expired = structuredClone(event);
  Object.assign(expired, { id: 'evt_expired', type: 'checkout.session.expired' });
  Object.assign(expired.data.object, { status: 'expired', payment_status: 'unpaid' });
  await paid.deliver(expired);
  expect(await balance()).toBe('0.00');
  await paid.deliver(event);
  expect(await balance()).toBe('20.00');
  await paid.deliver({ ...expired, id: 'evt_expired_again' });
  expect(await balance()).toBe('20.00');
});

test('event types that do not affect money are recorded and ignored', async () => {
  const event = await paymentEvent();
  expect((await paid.deliver({ ...event, type: 'customer.subscription.created' })).status).toBe(200);
  expect((await paid.deliver({ ...event, id: 'evt_2', type: 'made.up.type' })).status).toBe(200);
  expect(await balance()).toBe('0.00');
  expect((await storedEvents()).map(({ outcome }) => outcome)).toEqual(['ignored', 'ignored']);
});

test('an event of live mode does not reach a service in test mode', async () => {
  const reply = await paid.deliver({ ...(await paymentEvent()), livemode: true });
  expect(reply.status).toBe(400);
  expect(await storedEvents()).toEqual([]);
  expect(await balance()).toBe('0.00');
});

test('an order that was not opened here, and the order of another checkout, are not credited', async () => {
  const event = await paymentEvent();
  const strange = structuredClone(event);
  Object.assign(strange.data.object, { client_reference_id: 'ord_unknown' });
  await paid.deliver({ ...strange, id: 'evt_a' });
  const foreign = structuredClone(event);
  Object.assign(foreign.data.object, { id: 'cs_test_other' });
  await paid.deliver({ ...foreign, id: 'evt_b' });
  expect(await balance()).toBe('0.00');
  expect((await storedEvents()).map(({ outcome }) => outcome)).toEqual(['unmatched', 'unmatched']);
});

test.each([
  ['an amount that is no number', { amount_total: 'many' }],
  ['an amount that the database refuses', { amount_total: -500 }],
])('%s: the event waits for an operator, and Stripe need not send it again', async (_, spoilt) => {
  const event = await paymentEvent();
  const broken = structuredClone(event);
  Object.assign(broken.data.object, spoilt);
  for (let time = 0; time < 2; time += 1) {
    const reply = await paid.deliver(broken);
    expect(reply.status).toBe(200);
    expect(await reply.json()).toEqual({ received: true, outcome: 'unprocessed' });
  }
  expect(await storedEvents()).toEqual([]);
  expect(await waiting()).toEqual([event.id]);
  expect((await paid.deliver(event)).status).toBe(200);
  expect(await balance()).toBe('20.00');
  await paid.service.backend.reconcilePayments();
  expect(await waiting()).toEqual([]);
});

test.each([{ id: '' }, { id: 7 }, { livemode: 'no' }])('signed, but no event (%o): refused', async (spoilt) => {
  const reply = await paid.deliver({ ...(await paymentEvent()), ...spoilt } as StripeEvent);
  expect(reply.status).toBe(400);
  expect(await reply.json()).toMatchObject({ error: { code: 'webhook_refused' } });
  expect(await waiting()).toEqual([]);
});

test('while the database takes nothing, an event that cannot be read is not dropped: Stripe has to send it again', async () => {
  const broken = structuredClone(await paymentEvent());
  Object.assign(broken.data.object, { amount_total: 'many' });
  const { run } = paid.service.database;
  await run('alter table unprocessed_payments rename to away');
  expect((await paid.deliver(broken)).status).toBe(500);
  await run('alter table away rename to unprocessed_payments');
});

test('personal data of an event is not stored', async () => {
  const event = await paymentEvent();
  Object.assign(event.data.object, { customer_email: 'person@example.com' });
  await paid.deliver(event);
  const bytes = await paid.service.database.dump();
  expect(bytes.includes(event.id)).toBe(true);
  expect(bytes.includes('person@example.com')).toBe(false);
});

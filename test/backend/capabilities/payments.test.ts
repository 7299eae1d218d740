import { expect, test } from 'vitest';
import { z } from 'zod';
import { sellerSchema } from '#shared/account/billing-profile.ts';
import { documentListSchema } from '#shared/account/billing-documents.ts';
import { textOfPdf } from '../../support/read-pdf.ts';
import { sharedService } from './shared-service.ts';

const seller = sellerSchema.parse({ name: 'Corvus Compute GmbH', address: ['Lindenstraße 12'], country: 'DE' });
const service = sharedService(() => ({ seller }));
const balance = async () => (await service().paid.account()).balance;
const cents = async () => Math.round(Number(await balance()) * 100);
const auditSchema = z.object({
  data: z.array(z.looseObject({ operator: z.string(), action: z.string(), reason: z.string() })),
});

/** A paid order, and its undelivered events. */
async function paidAtStripe(amount: string) {
  const { stripe, openOrder } = service().paid;
  const { order, sessionId } = await openOrder(amount);
  stripe.hands.pay(sessionId);
  const events = stripe.takeEvents();
  const event = events.find(({ type }) => type === 'checkout.session.completed');
  if (!event) throw new Error('nothing was paid');
  return { order, sessionId, event, events };
}

test('row 26: paid transition – only Stripe’s signed event, the reconciler or an operator; coming back from the payment page credits nothing', async () => {
  const { paid } = service();
  const before = await cents();
  const { order, events } = await paidAtStripe('5.00');
  for (const path of ['/success', ''])
    expect((await fetch(`${service().baseUrl}/checkout/${order.id}${path}`)).status).toBe(200);
  expect(await paid.order(order.id)).toMatchObject({ status: 'created' });
  expect(await cents()).toBe(before);
  for (const event of events) await paid.deliver(event);
  expect(await paid.order(order.id)).toMatchObject({ status: 'paid_confirmed' });
  expect(await cents()).toBe(before + 500);
});

test('row 27: on paid – credited once in one transaction, with its ledger line and its invoice, however often and wherever its payment is reported', async () => {
  const { paid } = service();
  const before = await cents();
  const { order, event } = await paidAtStripe('7.00');
  const replies = await Promise.all(Array.from({ length: 12 }, () => paid.deliver(event)));
  expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
  expect(await cents()).toBe(before + 700);
  const transfers = z.object({ data: z.array(z.object({ kind: z.string(), transferId: z.string() })) });
  const { data } = transfers.parse(await (await service().operator(`ledger?q=${order.id}`)).json());
  expect(data).toEqual([{ kind: 'topup', transferId: `${order.id}:topup` }]);
  const billingDocuments = documentListSchema.parse(await (await service().call('/v1/account/invoices')).json());
  expect(billingDocuments.data.filter(({ orderId }) => orderId === order.id)).toHaveLength(1);
});

test('row 28: webhook path – POST /webhooks/payments/{provider}, the provider being stripe', async () => {
  const { paid } = service();
  const { event } = await paidAtStripe('3.00');
  expect(new URL(paid.webhookUrl).pathname).toBe('/webhooks/payments/stripe');
  expect((await paid.deliver(event)).status).toBe(200);
  expect((await paid.stripe.deliver(`${service().baseUrl}/webhooks/payments/other`, event)).status).toBe(404);
  expect((await fetch(paid.webhookUrl)).status).toBe(405);
});

test('row 29: webhook checks – signature and its age, each event once, whose order it is, live or test', async () => {
  const { paid } = service();
  const before = await cents();
  const { event } = await paidAtStripe('4.00');
  const { object } = event.data;
  const refused = [
    await paid.stripe.deliver(paid.webhookUrl, event, { secret: 'whsec_other' }),
    await paid.stripe.deliver(paid.webhookUrl, event, { timestamp: paid.stripe.state.nowS() - 301 }),
    await paid.stripe.deliver(paid.webhookUrl, { ...event, livemode: true }),
  ];
  for (const reply of refused) expect(await reply.json()).toMatchObject({ error: { code: 'webhook_refused' } });
  // Of another shop at the same Stripe account.
  const foreign = {
    ...event,
    id: 'evt_foreign',
    data: {
      object: {
        ...object,
        id: 'cs_test_foreign',
        client_reference_id: 'ord_foreign',
        metadata: {},
        payment_intent: 'pi_foreign',
      },
    },
  };
  expect((await paid.stripe.deliver(paid.webhookUrl, foreign)).status).toBe(200);
  expect(await cents()).toBe(before);
  for (let time = 0; time < 3; time += 1) expect((await paid.deliver(event)).status).toBe(200);
  expect(await cents()).toBe(before + 400);
});

test('row 30: manual order – an operator settles an order that was paid elsewhere, once, with a reason, and it is audited', async () => {
  const before = await cents();
  const { order } = await service().paid.openOrder('6.00');
  const settle = (body: object) => service().operator(`orders/${order.id}/settle`, body);
  expect((await settle({})).status).toBe(400);
  expect((await settle({ reason: 'bank transfer 4711' })).status).toBe(200);
  await settle({ reason: 'again' });
  expect(await cents()).toBe(before + 600);
  const { data } = auditSchema.parse(await (await service().operator(`audit?q=${order.id}`)).json());
  expect(data).toMatchObject([{ operator: 'Ada', action: 'order.settle', reason: 'bank transfer 4711' }]);
});

test('row 32: invoice – one per paid top-up, numbered without a gap, as PDF, with seller, customer and tax frozen on it', async () => {
  const { paid } = service();
  const setProfile = (body: object) => service().call('/v1/account/billing-profile', { method: 'PUT', body });
  await setProfile({ company: 'Analytical Engines Ltd', country: 'GB', taxId: 'GB123456789' });
  const { order, sessionId } = await paid.openOrder('20.00');
  Object.assign(paid.stripe.state.sessions.get(sessionId) ?? {}, { amount_total: 2380 });
  paid.stripe.hands.pay(sessionId);
  await paid.deliverAll();
  await setProfile({ company: 'Another Company' });
  const { data } = documentListSchema.parse(await (await service().call('/v1/account/invoices')).json());
  const invoice = data.find(({ orderId }) => orderId === order.id);
  expect(invoice).toMatchObject({
    credit: '20.00',
    paid: '23.80',
    tax: '3.80',
    customer: { company: 'Analytical Engines Ltd' },
    seller: { name: seller.name },
  });
  const numbers = data.map(({ number }) => Number(/^CV-\d{4}-(\d{6})$/.exec(number)?.[1])).toReversed();
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  const file = await service().call(`/v1/account/invoices/${invoice?.number}.pdf`);
  expect(file.headers.get('content-type')).toBe('application/pdf');
  const text = textOfPdf(Buffer.from(await file.arrayBuffer()));
  for (const shown of [invoice?.number ?? '?', 'Analytical Engines Ltd', 'Corvus Compute GmbH'])
    expect(text).toContain(shown);
});

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { billingProfileSchema, sellerSchema } from '#shared/account/billing-profile.ts';
import { type BillingDocument, documentListSchema, documentSchema } from '#shared/account/billing-documents.ts';
import { parseUsd, zeroUsd } from '#shared/money.ts';
import { type PaidService, startPaidService } from '../../support/start-paid-service.ts';
import { textOfPdf } from '../../support/read-pdf.ts';

const adminToken = 'operator-token-of-the-test-0123456789';
const seller = sellerSchema.parse({ name: 'Corvus Compute GmbH', address: ['Lindenstraße 12'], country: 'DE' });
const profile = {
  company: 'Analytical Engines Ltd',
  address: ['1 Compiler Road'],
  country: 'GB',
  taxId: 'GB123456789',
};
let paid: PaidService;

beforeEach(async () => {
  paid = await startPaidService({ adminToken, seller });
});

afterEach(async () => {
  expect(await paid.service.backend.verify()).toEqual([]);
  await paid[Symbol.asyncDispose]();
});

const invoices = async (query = '') =>
  documentListSchema.parse(await (await paid.service.call(`/v1/account/invoices${query}`)).json());
const setProfile = (body: object) => paid.service.call('/v1/account/billing-profile', { method: 'PUT', body });
const nanos = (text: string | null): bigint => (text === null ? null : parseUsd(text)) ?? zeroUsd;

/** An order that was paid with tax on top. */
async function paidWithTax(amount: string, totalCents: number) {
  const { order, sessionId } = await paid.openOrder(amount);
  Object.assign(paid.stripe.state.sessions.get(sessionId) ?? {}, { amount_total: totalCents });
  paid.stripe.hands.pay(sessionId);
  await paid.deliverAll();
  return { orderId: order.id, paymentId: paid.paymentOf(sessionId) };
}

/** What an order's documents leave to the customer: credit, and paid amount. */
function left(billingDocuments: readonly BillingDocument[], figure: 'credit' | 'paid' | 'tax'): bigint {
  return billingDocuments.reduce(
    (sum, billingDocument) =>
      billingDocument.object === 'credit_note'
        ? sum - nanos(billingDocument[figure])
        : sum + nanos(billingDocument[figure]),
    0n,
  );
}

describe('the billing profile', () => {
  test('is empty at first, is replaced as a whole, and frozen on what is issued', async () => {
    const empty = billingProfileSchema.parse(await (await paid.service.call('/v1/account/billing-profile')).json());
    expect(empty).toEqual({
      object: 'billing_profile',
      name: null,
      company: null,
      address: [],
      country: null,
      email: null,
      taxId: null,
      updatedAt: null,
    });
    expect((await setProfile(profile)).status).toBe(200);
    await paid.paidOrder('20.00');
    expect((await setProfile({ name: 'Another Company' })).status).toBe(200);
    expect(await (await paid.service.call('/v1/account/billing-profile')).json()).toMatchObject({
      name: 'Another Company',
      company: null,
      address: [],
    });
    await paid.paidOrder('3.00');
    const { data } = await invoices();
    expect(data.map(({ customer }) => [customer?.company, customer?.name])).toEqual([
      [null, 'Another Company'],
      ['Analytical Engines Ltd', null],
    ]);
  });

  test.each([
    ['a country that is none', { country: 'XX' }],
    ['a code that is another’s', { country: 'UK' }],
    ['a group of countries', { country: 'EU' }],
    ['a country in small letters', { country: 'gb' }],
    ['a country by name', { country: 'Germany' }],
    ['two lines in one', { name: 'a\nb' }],
    ['a text that turns around', { company: 'a\u202eb' }],
    ['a name that is too long', { name: 'x'.repeat(121) }],
    ['seven lines of address', { address: Array.from({ length: 7 }, () => 'x') }],
    ['an address that is none', { email: 'unknown' }],
    ['a tax number that a spreadsheet would run', { taxId: '=1+1' }],
    ['an unknown field', { vat: 'x' }],
  ])('%s is refused', async (_, input) => {
    expect((await setProfile(input)).status).toBe(400);
  });
});

describe('invoices', () => {
  test('each payment has one, with its tax, whatever is reported again', async () => {
    await setProfile(profile);
    const { orderId, paymentId } = await paidWithTax('20.00', 2380);
    await paid.paidOrder('3.00');
    for (const event of paid.stripe.state.events) await paid.deliver(event);
    const year = new Date().getUTCFullYear();
    const { data } = await invoices();
    expect(data.map(({ number }) => number)).toEqual([`CV-${year}-000002`, `CV-${year}-000001`]);
    expect(data[1]).toMatchObject({
      orderId,
      paymentReference: paymentId,
      credit: '20.00',
      paid: '23.80',
      tax: '3.80',
      seller,
      customer: profile,
    });
    expect(data[0]).toMatchObject({ credit: '3.00', paid: '3.00', tax: '0.00' });
  });

  test('settled by hand: what was paid is not known', async () => {
    const { order } = await paid.openOrder('20.00');
    await paid.service.call(`/admin/api/orders/${order.id}/settle`, {
      key: adminToken,
      body: { reason: 'bank transfer' },
    });
    expect((await invoices()).data).toMatchObject([
      { credit: '20.00', paid: null, tax: null, paymentReference: `by-hand:${order.id}` },
    ]);
  });

  test('settled by hand although another amount was paid: the invoice says what was paid', async () => {
    const { order, sessionId } = await paid.openOrder('20.00');
    Object.assign(paid.stripe.state.sessions.get(sessionId) ?? {}, { amount_subtotal: 1900, amount_total: 2261 });
    paid.stripe.hands.pay(sessionId);
    await paid.deliverAll();
    expect((await invoices()).data).toEqual([]);
    await paid.service.call(`/admin/api/orders/${order.id}/settle`, {
      key: adminToken,
      body: { reason: 'close enough' },
    });
    expect((await invoices()).data).toMatchObject([{ credit: '20.00', paid: '22.61', tax: '3.61' }]);
  });

  test('settled by hand although it was paid in another currency: no dollars were paid, and none are stated', async () => {
    const { order, sessionId } = await paid.openOrder('20.00');
    const inYen = { currency: 'jpy', amount_subtotal: 3100, amount_total: 3100 };
    Object.assign(paid.stripe.state.sessions.get(sessionId) ?? {}, inYen);
    paid.stripe.hands.pay(sessionId);
    await paid.deliverAll();
    await paid.service.call(`/admin/api/orders/${order.id}/settle`, {
      key: adminToken,
      body: { reason: 'it is worth as much' },
    });
    const paymentReference = paid.paymentOf(sessionId);
    expect((await invoices()).data).toMatchObject([{ credit: '20.00', paid: null, tax: null, paymentReference }]);
  });

  test('a refund, one that fails, a dispute and its end: each has its note, and they come to what is left', async () => {
    const { orderId, paymentId } = await paidWithTax('20.00', 2380);
    const { hands } = paid.stripe;
    const steps = [
      () => hands.refund(paymentId, 595),
      () => hands.failRefund([...paid.stripe.state.refunds.keys()][0] ?? ''),
      () => hands.dispute(paymentId, { amount: 2380, status: 'needs_response' }),
      () => hands.moveDispute([...paid.stripe.state.disputes.keys()][0] ?? '', 'won'),
    ];
    for (const step of steps) {
      step();
      await paid.deliverAll();
      // Stripe's clock has whole seconds, and the later fact counts.
      paid.advance(2000);
    }
    const { data } = await invoices();
    expect(data.map(({ object, reason, credit, paid: cash, tax }) => [object, reason, credit, cash, tax])).toEqual([
      ['debit_note', 'dispute', '20.00', '23.80', '3.80'],
      ['credit_note', 'dispute', '20.00', '23.80', '3.80'],
      ['debit_note', 'refund', '5.00', '5.95', '0.95'],
      ['credit_note', 'refund', '5.00', '5.95', '0.95'],
      ['invoice', null, '20.00', '23.80', '3.80'],
    ]);
    const number = data.at(-1)?.number;
    expect(data.slice(0, -1).every((note) => note.invoiceNumber === number && note.orderId === orderId)).toBe(true);
    expect(left(data, 'credit')).toBe(20_000_000_000n);
  });

  test(
    'however a payment is refunded, notes come to what was paid back, to the cent',
    { timeout: 60_000 },
    async () => {
      const part = fc.integer({ min: 1, max: 1200 });
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 0, max: 700 }),
          fc.array(part, { minLength: 1, maxLength: 5 }),
          async (taxCents, parts) => {
            const totalCents = 2000 + taxCents;
            const { orderId, paymentId } = await paidWithTax('20.00', totalCents);
            let backCents = 0;
            for (const cents of parts) {
              const rest = Math.min(cents, totalCents - backCents);
              if (rest === 0) break;
              backCents += rest;
              paid.stripe.hands.refund(paymentId, rest);
              await paid.deliverAll();
              paid.advance(1000);
            }
            const billingDocuments = (await invoices('?limit=1000')).data.filter(
              (billingDocument) => billingDocument.orderId === orderId,
            );
            const { amount, takenBack } = await paid.order(orderId);
            expect(left(billingDocuments, 'credit')).toBe(nanos(amount) - nanos(takenBack));
            expect(left(billingDocuments, 'paid')).toBe(BigInt(totalCents - backCents) * 10_000_000n);
            if (backCents === totalCents)
              expect([left(billingDocuments, 'credit'), left(billingDocuments, 'tax')]).toEqual([0n, 0n]);
          },
        ),
        { numRuns: 12 },
      );
    },
  );
});

describe('reading them', () => {
  test('page by page, one by number, as a file whose total is what was paid', async () => {
    await paidWithTax('20.00', 2380);
    await paid.paidOrder('3.00');
    await paid.paidOrder('4.00');
    const first = await invoices('?limit=2');
    expect([first.data.length, first.hasMore]).toEqual([2, true]);
    const rest = await invoices(`?limit=2&before=${first.data[1]?.sequence}`);
    expect([rest.data.length, rest.hasMore]).toEqual([1, false]);
    const number = rest.data[0]?.number ?? '';
    expect(documentSchema.parse(await (await paid.service.call(`/v1/account/invoices/${number}`)).json())).toEqual(
      rest.data[0],
    );
    const file = await paid.service.call(`/v1/account/invoices/${number}.pdf`);
    expect(file.headers.get('content-type')).toBe('application/pdf');
    expect(file.headers.get('content-disposition')).toBe(`inline; filename="${number}.pdf"`);
    const text = textOfPdf(Buffer.from(await file.arrayBuffer()));
    for (const part of [number, 'Corvus Compute GmbH', 'Total\n23.80 USD']) expect(text).toContain(part);
  });

  test('another account’s are not found', async () => {
    await paid.paidOrder('3.00');
    const number = (await invoices()).data[0]?.number ?? '';
    const { customerKey: key } = await paid.service.backend.createAccount('another');
    for (const path of [number, `${number}.pdf`, 'CV-2026-999999', 'nothing.pdf']) {
      expect((await paid.service.call(`/v1/account/invoices/${path}`, { key })).status).toBe(404);
    }
    expect(await (await paid.service.call('/v1/account/invoices', { key })).json()).toMatchObject({ data: [] });
  });

  test('operators find all accounts’ by number, account, order or invoice', async () => {
    const { order, paymentId } = await paid.paidOrder('3.00');
    paid.stripe.hands.refund(paymentId, 100);
    await paid.deliverAll();
    const admin = (path: string) => paid.service.call(`/admin/api/invoices${path}`, { key: adminToken });
    const number = (await invoices()).data[1]?.number ?? '';
    const found = async (q: string) =>
      documentListSchema.partial({ hasMore: true }).parse(await (await admin(`?q=${q}`)).json()).data.length;
    for (const [q, count] of [
      ['', 2],
      ['cv-', 1],
      ['CN', 1],
      [number, 2],
      [order.id, 2],
      [paid.service.accountId, 2],
      ['other', 0],
    ] as const) {
      expect(await found(q), q).toBe(count);
    }
    expect(documentSchema.parse(await (await admin(`/${number}`)).json()).number).toBe(number);
    expect((await admin(`/${number}.pdf`)).headers.get('content-type')).toBe('application/pdf');
    expect((await paid.service.call(`/admin/api/invoices/${number}.pdf`)).status).toBe(401);
  });
});

import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { renderDocument } from '#backend/documents/render-document.ts';
import { sellerSchema } from '#shared/account/billing-profile.ts';
import { type BillingDocument, documentSchema } from '#shared/account/billing-documents.ts';
import { pageCount, streamsOf, textOfPdf } from '../../support/read-pdf.ts';

const seller = sellerSchema.parse({
  name: 'Corvus Compute GmbH',
  address: ['Lindenstraße 12', '10969 Berlin'],
  country: 'DE',
  taxId: 'DE312345678',
  note: 'HRB 123456 B',
});
const customer = {
  name: 'Zoë Hopper',
  company: 'Analytical Engines Ltd',
  address: ['1 Compiler Road'],
  country: 'GB',
  email: null,
  taxId: null,
};
const invoice: BillingDocument = {
  object: 'invoice',
  number: 'CV-2026-000123',
  sequence: '123',
  issuedAt: '2026-11-27T23:59:59.999Z',
  accountId: 'acc_1',
  orderId: 'ord_1',
  invoiceNumber: null,
  reason: null,
  currency: 'USD',
  credit: '1250.00',
  paid: '1487.50',
  tax: '237.50',
  seller,
  customer,
  paymentReference: 'pi_1',
};

const textOf = async (billingDocument: Partial<BillingDocument>, fonts: Buffer[] = []) =>
  textOfPdf(await renderDocument(documentSchema.parse({ ...invoice, ...billingDocument }), fonts));

describe('a page', () => {
  test('an invoice says seller, customer, item, dates and amounts, and that it is paid', async () => {
    const text = await textOf({});
    for (const part of [
      'Invoice',
      'CV-2026-000123',
      'Corvus Compute GmbH',
      'Lindenstraße 12',
      'Germany',
      'Tax ID DE312345678',
      'HRB 123456 B',
    ])
      expect(text).toContain(part);
    for (const part of [
      'Analytical Engines Ltd',
      'Zoë Hopper',
      'United Kingdom',
      '27 November 2026',
      'ord_1',
      'pi_1',
      'acc_1',
    ])
      expect(text).toContain(part);
    for (const part of [
      'Prepaid credit',
      'Net\n1,250.00',
      'Tax\n237.50',
      'Total\n1,487.50 USD',
      'Paid in full\n1,487.50',
    ])
      expect(text).toContain(part);
    expect(text).not.toContain('“?”');
  });

  test('a credit note names its invoice and what came of it', async () => {
    const billingDocument = {
      object: 'credit_note',
      number: 'CN-2026-000001',
      invoiceNumber: invoice.number,
      reason: 'refund',
      credit: '0.333333333',
    } as const;
    const text = await textOf({ ...billingDocument, paid: '0.40', tax: '0.07' });
    for (const part of [
      'Credit note',
      'CN-2026-000001',
      'Corrects invoice\nCV-2026-000123',
      'Payment refunded',
      '0.333333333 USD taken back',
      'Net\n0.33',
    ])
      expect(text).toContain(part);
  });

  test('what is not known is not shown as nothing', async () => {
    const text = await textOf({
      paid: null,
      tax: null,
      seller: null,
      customer: null,
      paymentReference: 'by-hand:ord_1',
    });
    for (const part of [
      'Tax\nnot stated',
      'Total\n1,250.00 USD',
      'The seller was not stated',
      'Account acc_1',
      'Settled by the seller',
    ])
      expect(text).toContain(part);
  });

  test('the same document is the same file', async () => {
    expect(await renderDocument(invoice, [])).toEqual(await renderDocument(structuredClone(invoice), []));
  });

  test('everything as long as it may be still is one page', async () => {
    const long = (length: number): string => 'Gesellschaft für Kontokorrente '.repeat(20).slice(0, length).trim();
    const address = Array.from({ length: 6 }, () => long(100));
    const email = `${'a'.repeat(60)}@${'b'.repeat(60)}.${'c'.repeat(60)}.example`;
    const pdf = await renderDocument(
      {
        ...invoice,
        seller: { ...seller, name: long(120), address, taxId: 'X'.repeat(40), email, note: long(400) },
        customer: { ...customer, name: long(120), company: long(120), address, taxId: 'X'.repeat(40), email },
        paymentReference: 'x'.repeat(255),
      },
      [],
    );
    expect(pageCount(pdf)).toBe(1);
    expect(textOfPdf(pdf)).toContain('Total\n1,487.50 USD');
  });
});

describe('letters that the standard fonts do not have', () => {
  const strange = { ...customer, company: 'Łódź 株式会社' };

  test('are replaced, said to be, and attached as they are', async () => {
    const pdf = await renderDocument({ ...invoice, customer: strange }, []);
    expect(textOfPdf(pdf)).toContain('?ód? ????');
    expect(textOfPdf(pdf)).toContain('Letters shown as “?”');
    const records = streamsOf(pdf).filter((stream) => stream.includes('"object": "invoice"'));
    expect(records.map((record) => documentSchema.parse(JSON.parse(record.toString('utf8'))).customer)).toEqual([
      strange,
    ]);
  });

  test('nothing is attached where nothing was replaced', async () => {
    expect((await renderDocument(invoice, [])).includes('/EmbeddedFile')).toBe(false);
  });

  test('are written in a font that has them; a line that it has not whole is not half in it', async () => {
    const [icons = ''] = globSync('node_modules/playwright-core/lib/vite/recorder/assets/codicon-*.ttf');
    const fonts = [readFileSync(icons)];
    const written = await renderDocument({ ...invoice, customer: { ...customer, company: '\uea60\uea61' } }, fonts);
    expect(textOfPdf(written)).not.toContain('Letters shown as');
    expect(written.includes('/FontFile2')).toBe(true);
    expect(
      textOfPdf(await renderDocument({ ...invoice, customer: { ...customer, company: '\uea60 株' } }, fonts)),
    ).toContain('Letters shown as');
  });

  test('words that run from right to left are not written in the wrong order', async () => {
    expect(await textOf({ customer: { ...customer, company: 'רחוב הרצל' } })).toContain('???? ????');
  });
});

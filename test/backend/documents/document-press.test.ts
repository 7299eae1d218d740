import { afterAll, expect, test } from 'vitest';
import { CorvusError } from '#shared/errors.ts';
import { type BillingDocument, documentSchema } from '#shared/account/billing-documents.ts';
import { createDocumentPress } from '#backend/documents/document-press.ts';
import { renderDocument } from '#backend/documents/render-document.ts';

const press = createDocumentPress([]);
afterAll(() => press.close());

function billingDocument(number: number, accountId = 'acc_1'): BillingDocument {
  return documentSchema.parse({
    object: 'invoice',
    number: `CV-2026-${String(number).padStart(6, '0')}`,
    sequence: String(number),
    issuedAt: '2026-11-28T10:00:00.000Z',
    accountId,
    orderId: `ord_${number}`,
    invoiceNumber: null,
    reason: null,
    currency: 'USD',
    credit: '10.00',
    paid: '10.00',
    tax: '0.00',
    seller: null,
    customer: null,
    paymentReference: `pi_${number}`,
  });
}

test('a document rendered in the thread has the same bytes as one rendered here, also for a hundred requests at once (F19)', async () => {
  const files = await Promise.all(Array.from({ length: 100 }, () => press.render(billingDocument(1))));
  const expected = await renderDocument(billingDocument(1), []);
  expect(files.every((file) => Buffer.from(file).equals(expected))).toBe(true);
  expect(new Set(files).size).toBe(1);
});

test('what an account asks for beyond its share is refused with a time to try again, another account is served (F19)', async () => {
  const asked = Array.from({ length: 30 }, (_, index) => press.render(billingDocument(100 + index, 'acc_many')));
  const other = press.render(billingDocument(500, 'acc_other'));
  const ends = await Promise.allSettled(asked);
  const refusals = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
  expect(refusals).toHaveLength(10);
  for (const refusal of refusals) {
    expect(refusal).toBeInstanceOf(CorvusError);
    expect(refusal).toMatchObject({ code: 'rate_limit_exceeded', details: { retryAfterSeconds: 2 } });
  }
  expect(
    Buffer.from(await other)
      .subarray(0, 5)
      .toString(),
  ).toBe('%PDF-');
});

test('when too many accounts ask at once the rest is refused, and served later (F19)', async () => {
  const asked = Array.from({ length: 130 }, (_, index) => press.render(billingDocument(1_000 + index, `acc_${index}`)));
  const ends = await Promise.allSettled(asked);
  const refused = ends.filter((end) => end.status === 'rejected');
  expect(refused).toHaveLength(30);
  expect(refused[0]).toMatchObject({ reason: { code: 'overloaded' } });
  expect((await press.render(billingDocument(1_129, 'acc_129'))).byteLength).toBeGreaterThan(1_000);
});

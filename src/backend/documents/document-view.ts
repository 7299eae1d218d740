import { type BillingDocument, documentFactsSchema } from '#shared/account/billing-documents.ts';
import { nanoUsd, usdText, nanoUsdPerCent } from '#shared/money.ts';
import { isoTime } from '#shared/time.ts';
import type { DocumentRow } from '../database/tables/documents.ts';

/** A document as customers and operators read it, made only from what was frozen on it. */
export function documentView(row: DocumentRow): BillingDocument {
  return {
    object: row.kind,
    number: row.number,
    sequence: String(row.sequence),
    issuedAt: isoTime(row.issued_at_ms),
    accountId: row.account_id,
    orderId: row.order_id,
    invoiceNumber: row.invoice_number,
    reason: row.reason,
    currency: 'USD',
    credit: usdText(nanoUsd(row.credit)),
    paid: centsText(row.paid_cents),
    tax: centsText(row.tax_cents),
    ...documentFactsSchema.parse(JSON.parse(row.facts)),
  };
}

function centsText(cents: bigint | null): string | null {
  return cents === null ? null : usdText(nanoUsd(cents * nanoUsdPerCent));
}

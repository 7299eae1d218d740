import { type Paper, paperFactsSchema } from '#shared/account/papers.ts';
import { nanoUsd, usdText } from '#shared/money.ts';
import type { PaperRow } from '../database/tables/documents.ts';

const nanoUsdPerCent = 10_000_000n;

/** A paper as everybody reads it, from what was frozen on it alone. */
export function paperView(row: PaperRow): Paper {
  return {
    object: row.kind,
    number: row.number,
    sequence: String(row.sequence),
    issuedAt: new Date(Number(row.issued_at_ms)).toISOString(),
    accountId: row.account_id,
    orderId: row.order_id,
    invoiceNumber: row.invoice_number,
    reason: row.reason,
    currency: 'USD',
    credit: usdText(nanoUsd(row.credit)),
    paid: centsText(row.paid_cents),
    tax: centsText(row.tax_cents),
    ...paperFactsSchema.parse(JSON.parse(row.facts)),
  };
}

function centsText(cents: bigint | null): string | null {
  return cents === null ? null : usdText(nanoUsd(cents * nanoUsdPerCent));
}

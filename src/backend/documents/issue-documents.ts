import { documentFactsSchema } from '#shared/account/billing-documents.ts';
import { type NanoUsd, nanoUsd } from '#shared/money.ts';
import type { Tx } from '../database/open-database.ts';
import type { OrderRow } from '../database/schema.ts';
import { orderCurrency } from '../store/order-store.ts';
import { readBillingProfile, readSeller } from './billing-profile-store.ts';
import { findInvoiceOf, insertDocument } from './document-store.ts';

/** Issues the invoice of an order whose payment was just credited, in the transaction that credits it. */
export async function issueInvoice(tx: Tx, order: OrderRow, taxCents: bigint | null, nowMs: number): Promise<void> {
  const seller = await readSeller(tx);
  const billing = await readBillingProfile(tx, order.account_id);
  // A document states dollars: what another currency was worth is not known here.
  const paidCents = order.paid_currency === orderCurrency ? order.paid_cents : null;
  await insertDocument(tx, {
    kind: 'invoice',
    accountId: order.account_id,
    orderId: order.id,
    invoiceNumber: null,
    reason: null,
    credit: nanoUsd(order.amount),
    paidCents,
    // A document never prevents the credit: an impossible tax counts as an unknown one.
    taxCents: paidCents === null || taxCents === null || taxCents < 0n ? null : taxCents,
    facts: { seller, customer: billing?.profile ?? null, paymentReference: order.payment_id ?? order.id },
    nowMs,
  });
}

/** What is taken back of an order's credit, for a reason; below zero it is given again. */
interface Move {
  reason: 'refund' | 'dispute';
  amount: NanoUsd;
}

/**
 * Issues what corrects an order's invoice: a credit note for what is taken back, a debit note for what is given again.
 * It names the same parties as the invoice. An order from before billing documents existed has no invoice, so nothing
 * to correct.
 * @param order as it stood before these moves
 */
export async function issueNotes(tx: Tx, order: OrderRow, moves: readonly Move[], nowMs: number): Promise<void> {
  if (moves.every(({ amount }) => amount === 0n)) return;
  const invoice = await findInvoiceOf(tx, order.id);
  if (!invoice) return;
  const facts = documentFactsSchema.parse(JSON.parse(invoice.facts));
  let taken = order.refunded + order.disputed;
  for (const { reason, amount } of moves) {
    if (amount === 0n) continue;
    const part = (cents: bigint | null): bigint | null =>
      cents === null
        ? null
        : magnitude(shareOf(cents, taken + amount, invoice.credit) - shareOf(cents, taken, invoice.credit));
    await insertDocument(tx, {
      kind: amount > 0n ? 'credit_note' : 'debit_note',
      accountId: order.account_id,
      orderId: order.id,
      invoiceNumber: invoice.number,
      reason,
      credit: nanoUsd(magnitude(amount)),
      paidCents: part(invoice.paid_cents),
      taxCents: part(invoice.tax_cents),
      facts,
      nowMs,
    });
    taken += amount;
  }
}

/**
 * The cents of an invoice for a part of its credit, to the nearest. Notes are differences of these, so that rounding
 * errors do not add up.
 */
function shareOf(cents: bigint, taken: bigint, credit: bigint): bigint {
  return (2n * cents * taken + credit) / (2n * credit);
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

import { sql } from 'kysely';
import type { DocumentFacts, DocumentKind } from '#shared/account/billing-documents.ts';
import type { NanoUsd } from '#shared/money.ts';
import type { Db, Tx } from '../database/open-database.ts';
import type { DocumentRow } from '../database/tables/documents.ts';

export interface NewDocument {
  kind: DocumentKind;
  accountId: string;
  orderId: string;
  invoiceNumber: string | null;
  reason: 'refund' | 'dispute' | null;
  credit: NanoUsd;
  paidCents: bigint | null;
  taxCents: bigint | null;
  facts: DocumentFacts;
  nowMs: number;
}

const seriesOf: Readonly<Record<DocumentKind, string>> = { invoice: 'CV', credit_note: 'CN', debit_note: 'DN' };
const counterDigits = 6;

/**
 * Writes a document under the next number of its series. Slow work has to be done before: all other documents of the
 * series wait until the transaction ends.
 */
export async function insertDocument(tx: Tx, billingDocument: NewDocument): Promise<DocumentRow> {
  const series = seriesOf[billingDocument.kind];
  const year = BigInt(new Date(billingDocument.nowMs).getUTCFullYear());
  const counter = await nextCounter(tx, series, year);
  return tx
    .insertInto('billing_documents')
    .values({
      number: documentNumber(series, year, counter),
      kind: billingDocument.kind,
      series,
      year,
      counter,
      account_id: billingDocument.accountId,
      order_id: billingDocument.orderId,
      invoice_number: billingDocument.invoiceNumber,
      reason: billingDocument.reason,
      credit: billingDocument.credit,
      paid_cents: billingDocument.paidCents,
      tax_cents: billingDocument.taxCents,
      facts: JSON.stringify(billingDocument.facts),
      issued_at_ms: BigInt(billingDocument.nowMs),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export function documentNumber(series: string, year: bigint, counter: bigint): string {
  return `${series}-${year}-${String(counter).padStart(counterDigits, '0')}`;
}

/**
 * The row stays locked until the transaction ends, and is rolled back with it: numbers have no gap, however many
 * replicas take them.
 */
async function nextCounter(tx: Tx, series: string, year: bigint): Promise<bigint> {
  const row = await tx
    .insertInto('document_counters')
    .values({ series, year, last: 1n })
    .onConflict((conflict) =>
      conflict.columns(['series', 'year']).doUpdateSet({ last: sql<bigint>`document_counters.last + 1` }),
    )
    .returning('last')
    .executeTakeFirstOrThrow();
  return row.last;
}

export async function findInvoiceOf(tx: Tx, orderId: string): Promise<DocumentRow | null> {
  const row = await tx
    .selectFrom('billing_documents')
    .selectAll()
    .where('order_id', '=', orderId)
    .where('kind', '=', 'invoice')
    .executeTakeFirst();
  return row ?? null;
}

/** @param accountId the account it must belong to; null: any */
export async function findDocument(db: Db, number: string, accountId: string | null): Promise<DocumentRow | null> {
  let query = db.selectFrom('billing_documents').selectAll().where('number', '=', number);
  if (accountId !== null) query = query.where('account_id', '=', accountId);
  return (await query.executeTakeFirst()) ?? null;
}

interface DocumentFilter {
  /** Below this sequence; 0: from the newest. */
  before: bigint;
  limit: number;
}

/** An account's documents, newest first. */
export async function listDocuments(
  db: Db,
  accountId: string,
  { before, limit }: DocumentFilter,
): Promise<DocumentRow[]> {
  let query = db.selectFrom('billing_documents').selectAll().where('account_id', '=', accountId);
  if (before > 0n) query = query.where('sequence', '<', before);
  return query.orderBy('sequence', 'desc').limit(BigInt(limit)).execute();
}

/**
 * The documents of all accounts, newest first, by the start of a number, or a whole account, order or invoice; an empty
 * text finds all.
 */
export async function searchDocuments(db: Db, text: string, { before, limit }: DocumentFilter): Promise<DocumentRow[]> {
  let query = db.selectFrom('billing_documents').selectAll();
  if (before > 0n) query = query.where('sequence', '<', before);
  if (text !== '') {
    const start = text.toUpperCase();
    query = query.where((where) =>
      where.or([
        where.and([where('number', '>=', start), where('number', '<', `${start}\uffff`)]),
        where('account_id', '=', text),
        where('order_id', '=', text),
        where('invoice_number', '=', start),
      ]),
    );
  }
  return query.orderBy('sequence', 'desc').limit(BigInt(limit)).execute();
}

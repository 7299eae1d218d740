import type { Generated, Selectable } from 'kysely';
import type { DocumentKind } from '#shared/account/billing-documents.ts';
import type { Immutable } from './immutable.ts';

export interface BillingProfileTable {
  account_id: Immutable<string>;
  /** JSON of the party that invoices are made out to. */
  profile: string;
  updated_at_ms: bigint;
}

/** The seller from a time on; the newest row is the current one. */
export interface DocumentSellerTable {
  sequence: Generated<bigint>;
  /** JSON; null: none was configured. */
  seller: Immutable<string | null>;
  since_ms: Immutable<bigint>;
}

/** One row per series and year. Taking a number locks the row until the transaction ends, so no number is skipped. */
export interface DocumentCounterTable {
  series: Immutable<string>;
  year: Immutable<bigint>;
  last: bigint;
}

/** Invoices and their corrections; never changed. */
export interface DocumentTable {
  sequence: Generated<bigint>;
  number: Immutable<string>;
  kind: Immutable<DocumentKind>;
  series: Immutable<string>;
  year: Immutable<bigint>;
  counter: Immutable<bigint>;
  account_id: Immutable<string>;
  order_id: Immutable<string>;
  invoice_number: Immutable<string | null>;
  reason: Immutable<'refund' | 'dispute' | null>;
  /** What was credited or taken back, in nano-dollars; never negative. */
  credit: Immutable<bigint>;
  paid_cents: Immutable<bigint | null>;
  tax_cents: Immutable<bigint | null>;
  /** JSON of seller, customer and payment at the time. */
  facts: Immutable<string>;
  issued_at_ms: Immutable<bigint>;
}

export interface DocumentTables {
  billing_profiles: BillingProfileTable;
  document_sellers: DocumentSellerTable;
  document_counters: DocumentCounterTable;
  billing_documents: DocumentTable;
}

export type DocumentRow = Selectable<DocumentTable>;

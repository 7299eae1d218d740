import type { ColumnType, Generated, Selectable } from 'kysely';
import type { PaperKind } from '#shared/account/papers.ts';

type Immutable<T> = ColumnType<T, T, never>;

export interface BillingProfileTable {
  account_id: Immutable<string>;
  /** JSON of whom invoices are made out to. */
  profile: string;
  updated_at_ms: bigint;
}

/** Who sold from when on; the newest row is the one that counts. */
export interface PaperSellerTable {
  sequence: Generated<bigint>;
  /** JSON; null: nobody said. */
  seller: Immutable<string | null>;
  since_ms: Immutable<bigint>;
}

/** One row per series and year: whoever takes the next number locks it until his transaction ends, so no number is skipped. */
export interface PaperCounterTable {
  series: Immutable<string>;
  year: Immutable<bigint>;
  last: bigint;
}

/** Invoices and what corrects them; never changed. */
export interface PaperTable {
  sequence: Generated<bigint>;
  number: Immutable<string>;
  kind: Immutable<PaperKind>;
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
  /** JSON of seller, customer and payment as they were. */
  facts: Immutable<string>;
  issued_at_ms: Immutable<bigint>;
}

/** Orders that were credited before there were papers: they have none, and get none. */
export interface OrderBeforePapersTable {
  order_id: Immutable<string>;
}

export interface PaperTables {
  billing_profiles: BillingProfileTable;
  paper_sellers: PaperSellerTable;
  paper_counters: PaperCounterTable;
  papers: PaperTable;
  orders_before_papers: OrderBeforePapersTable;
}

export type PaperRow = Selectable<PaperTable>;

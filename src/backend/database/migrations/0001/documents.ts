import type { SqlDialect } from '../../sql-dialect.ts';

/**
 * Invoices, credit notes and debit notes, whom they are made out to and who sells. Numbers of one series and year have
 * no gap.
 */
export const documents = ({ integer, text, identity, strict, appendOnly }: SqlDialect): string => `
create table billing_profiles (
  account_id ${text} primary key references customer_accounts (id),
  profile ${text} not null,
  updated_at_ms ${integer} not null
)${strict};

create table document_sellers (
  sequence ${identity},
  seller ${text},
  since_ms ${integer} not null
)${strict};
${appendOnly('document_sellers', 'the list of sellers is append-only')}

create table document_counters (
  series ${text} not null,
  year ${integer} not null,
  last ${integer} not null check (last > 0),
  primary key (series, year)
)${strict};

create table billing_documents (
  sequence ${identity},
  number ${text} not null unique,
  kind ${text} not null check (kind in ('invoice', 'credit_note', 'debit_note')),
  series ${text} not null,
  year ${integer} not null,
  counter ${integer} not null check (counter > 0),
  account_id ${text} not null references customer_accounts (id),
  order_id ${text} not null references orders (id),
  invoice_number ${text} references billing_documents (number),
  reason ${text} check (reason in ('refund', 'dispute')),
  credit ${integer} not null check (credit > 0),
  paid_cents ${integer} check (paid_cents >= 0),
  tax_cents ${integer} check (tax_cents >= 0),
  facts ${text} not null,
  issued_at_ms ${integer} not null,
  unique (series, year, counter),
  check ((kind = 'invoice') = (invoice_number is null)),
  check ((kind = 'invoice') = (reason is null)),
  check (tax_cents is null or paid_cents is not null)
)${strict};
create unique index billing_documents_one_invoice on billing_documents (order_id) where kind = 'invoice';
create index billing_documents_by_account on billing_documents (account_id, sequence);
create index billing_documents_by_order on billing_documents (order_id);
${appendOnly('billing_documents', 'billing documents are append-only')}`;

CREATE TABLE account_windows (
  account_id text not null references customer_accounts (id),
  period text not null check (period in ('minute', 'burst')),
  start_ms integer not null,
  requests integer not null check (requests >= 0),
  primary key (account_id, period, start_ms)
) strict, without rowid;
CREATE TRIGGER audit_entries_no_delete before delete on audit_entries begin select raise(abort, 'the audit log is append-only'); end;
CREATE TRIGGER audit_entries_no_update before update on audit_entries begin select raise(abort, 'the audit log is append-only'); end;
CREATE TABLE audit_entries (
  sequence integer primary key,
  at_ms integer not null,
  operator text not null,
  action text not null,
  subject text not null,
  account_id text,
  reason text not null check (length(reason) > 0),
  before text,
  after text
) strict;
CREATE INDEX audit_entries_by_account on audit_entries (account_id) where account_id is not null;
CREATE INDEX audit_entries_by_subject on audit_entries (subject);
CREATE TABLE auto_topups (
  account_id text primary key references customer_accounts (id),
  is_enabled integer not null check (is_enabled in (0, 1)),
  threshold integer not null check (threshold > 0),
  amount integer not null check (amount >= threshold),
  monthly_cap integer not null check (monthly_cap >= amount),
  paused_reason text,
  paused_at_ms integer
) strict;
CREATE TRIGGER billing_documents_no_delete before delete on billing_documents begin select raise(abort, 'billing documents are append-only'); end;
CREATE TRIGGER billing_documents_no_update before update on billing_documents begin select raise(abort, 'billing documents are append-only'); end;
CREATE TABLE billing_documents (
  sequence integer primary key,
  number text not null unique,
  kind text not null check (kind in ('invoice', 'credit_note', 'debit_note')),
  series text not null,
  year integer not null,
  counter integer not null check (counter > 0),
  account_id text not null references customer_accounts (id),
  order_id text not null references orders (id),
  invoice_number text references billing_documents (number),
  reason text check (reason in ('refund', 'dispute')),
  credit integer not null check (credit > 0),
  paid_cents integer check (paid_cents >= 0),
  tax_cents integer check (tax_cents >= 0),
  facts text not null,
  issued_at_ms integer not null,
  unique (series, year, counter),
  check ((kind = 'invoice') = (invoice_number is null)),
  check ((kind = 'invoice') = (reason is null)),
  check (tax_cents is null or paid_cents is not null)
) strict;
CREATE INDEX billing_documents_by_account on billing_documents (account_id, sequence);
CREATE INDEX billing_documents_by_order on billing_documents (order_id);
CREATE UNIQUE INDEX billing_documents_one_invoice on billing_documents (order_id) where kind = 'invoice';
CREATE TABLE billing_profiles (
  account_id text primary key references customer_accounts (id),
  profile text not null,
  updated_at_ms integer not null
) strict;
CREATE TABLE claim_links (
  token_hash text primary key,
  account_id text not null references customer_accounts (id),
  replaces text references customer_keys (id),
  member_id text references members (id),
  order_id text references orders (id),
  expires_at_ms integer not null,
  used_at_ms integer
) strict;
CREATE UNIQUE INDEX claim_links_by_order on claim_links (order_id) where order_id is not null;
CREATE TABLE customer_accounts (
  id text primary key,
  name text,
  created_at_ms integer not null,
  monthly_cap integer check (monthly_cap >= 0),
  billing_plan text not null default 'tokens' check (billing_plan in ('tokens', 'credits')),
  chain_length integer not null default 0,
  chain_hash text not null default '',
  line_count integer not null default 0,
  line_hash text not null default '',
  write_off_day_ms integer not null default 0,
  written_off integer not null default 0 check (written_off >= 0),
  exposure integer not null default 0 check (exposure >= 0)
) strict, without rowid;
CREATE TABLE customer_keys (
  id text primary key,
  account_id text not null references customer_accounts (id),
  member_id text references members (id),
  key_hash text not null unique,
  hint text not null,
  label text not null,
  scope text not null check (scope in ('manage', 'inference')),
  limits text,
  replaces text references customer_keys (id),
  created_at_ms integer not null,
  revoked_at_ms integer
) strict;
CREATE INDEX customer_keys_by_account on customer_keys (account_id);
CREATE INDEX customer_keys_by_member on customer_keys (member_id) where member_id is not null;
CREATE TABLE document_counters (
  series text not null,
  year integer not null,
  last integer not null check (last > 0),
  primary key (series, year)
) strict;
CREATE TRIGGER document_sellers_no_delete before delete on document_sellers begin select raise(abort, 'the list of sellers is append-only'); end;
CREATE TRIGGER document_sellers_no_update before update on document_sellers begin select raise(abort, 'the list of sellers is append-only'); end;
CREATE TABLE document_sellers (
  sequence integer primary key,
  seller text,
  since_ms integer not null
) strict;
CREATE TRIGGER holds_end_once before update on holds when old.status <> 'open' begin select raise(abort, 'this hold has ended'); end;
CREATE TABLE holds (
  request_id text primary key references requests (id),
  account_id text not null references customer_accounts (id),
  key_id text,
  amount integer not null check (amount >= 0),
  exposure integer not null default 0 check (exposure >= 0),
  counted_tokens integer,
  status text not null check (status in ('open', 'settled', 'released', 'expired')),
  owner_id text not null,
  opened_at_ms integer not null,
  expires_at_ms integer not null,
  ended_at_ms integer,
  check ((status = 'open') = (ended_at_ms is null))
) strict, without rowid;
CREATE INDEX holds_open on holds (expires_at_ms) where status = 'open';
CREATE INDEX holds_open_by_key on holds (key_id) where status = 'open' and key_id is not null;
CREATE TABLE key_windows (
  key_id text not null references customer_keys (id),
  period text not null check (period in ('minute', 'day', 'week', 'month')),
  start_ms integer not null,
  requests integer not null default 0,
  tokens integer not null default 0,
  spent integer not null default 0 check (spent >= 0),
  primary key (key_id, period, start_ms)
) strict, without rowid;
CREATE TRIGGER ledger_accounts_keep_rules before update of id, account_id, must_not_overdraw on ledger_accounts begin select raise(abort, 'ledger accounts keep their rules'); end;
CREATE TRIGGER ledger_accounts_no_delete before delete on ledger_accounts begin select raise(abort, 'ledger accounts are kept'); end;
CREATE TRIGGER ledger_accounts_owed_is_debt before update of balance on ledger_accounts when new.balance > 0 and new.id like 'customer:%:owed' begin select raise(abort, 'more was repaid than is owed'); end;
CREATE TABLE ledger_accounts (
  id text primary key,
  account_id text references customer_accounts (id),
  must_not_overdraw integer not null check (must_not_overdraw in (0, 1)),
  balance integer not null default 0 check (must_not_overdraw = 0 or balance >= 0)
) strict, without rowid;
CREATE INDEX ledger_accounts_by_account on ledger_accounts (account_id);
CREATE TRIGGER ledger_transfers_move after insert on ledger_transfers begin update ledger_accounts set balance = balance - new.amount where id = new.debit_id and account_id is not null; update ledger_accounts set balance = balance + new.amount where id = new.credit_id and account_id is not null; end;
CREATE TRIGGER ledger_transfers_no_delete before delete on ledger_transfers begin select raise(abort, 'the ledger is append-only'); end;
CREATE TRIGGER ledger_transfers_no_update before update on ledger_transfers begin select raise(abort, 'the ledger is append-only'); end;
CREATE TABLE ledger_transfers (
  sequence integer primary key,
  id text not null unique,
  kind text not null check (kind in ('grant', 'topup', 'hold', 'charge', 'return', 'write_off', 'refund', 'refund_return', 'dispute', 'dispute_return', 'loss', 'loss_return', 'owe', 'repay', 'cost', 'adjust')),
  debit_id text not null references ledger_accounts (id),
  credit_id text not null references ledger_accounts (id),
  amount integer not null check (amount > 0),
  request_id text,
  order_id text,
  at_ms integer not null,
  account_id text not null references customer_accounts (id),
  chain_position integer not null,
  chain_hash text not null,
  check (debit_id <> credit_id)
) strict;
CREATE UNIQUE INDEX ledger_transfers_by_chain on ledger_transfers (account_id, chain_position);
CREATE INDEX ledger_transfers_by_order on ledger_transfers (order_id) where order_id is not null;
CREATE INDEX ledger_transfers_by_request on ledger_transfers (request_id) where request_id is not null;
CREATE INDEX ledger_transfers_from_platform on ledger_transfers (debit_id, sequence) where debit_id like 'platform:%';
CREATE INDEX ledger_transfers_to_platform on ledger_transfers (credit_id, sequence) where credit_id like 'platform:%';
CREATE TABLE members (
  id text primary key,
  account_id text not null references customer_accounts (id),
  name text not null,
  role text not null check (role in ('owner', 'admin', 'member')),
  created_at_ms integer not null,
  removed_at_ms integer
) strict;
CREATE INDEX members_by_account on members (account_id, id);
CREATE TABLE monthly_spend (
  account_id text not null references customer_accounts (id),
  month_start_ms integer not null,
  amount integer not null check (amount >= 0),
  primary key (account_id, month_start_ms)
) strict, without rowid;
CREATE TABLE orders (
  id text primary key,
  account_id text not null references customer_accounts (id),
  origin text not null check (origin in ('customer', 'auto')),
  status text not null check (status in ('created', 'pending', 'expired', 'failed', 'in_review', 'paid_confirmed', 'partially_refunded', 'refunded', 'disputed', 'charged_back')),
  amount integer not null check (amount > 0),
  created_at_ms integer not null,
  paid_at_ms integer,
  payment_id text unique,
  session_id text unique,
  checkout_url text,
  method_id text,
  failure text,
  paid_cents integer check (paid_cents > 0),
  paid_currency text,
  refunded integer not null default 0 check (refunded >= 0),
  disputed integer not null default 0 check (disputed >= 0),
  lost integer not null default 0 check (lost >= 0),
  steps integer not null default 0,
  check (refunded + disputed <= amount),
  check ((paid_cents is null) = (paid_currency is null)),
  check ((paid_at_ms is null) = (status in ('created', 'pending', 'expired', 'failed', 'in_review')))
) strict;
CREATE INDEX orders_by_account on orders (account_id, created_at_ms);
CREATE UNIQUE INDEX orders_one_automatic on orders (account_id) where origin = 'auto' and status in ('created', 'pending');
CREATE INDEX orders_open on orders (created_at_ms) where status in ('created', 'pending');
CREATE TABLE overpayments (
  payment_id text primary key,
  order_id text not null references orders (id),
  paid_cents integer not null check (paid_cents > 0),
  paid_currency text not null,
  seen_at_ms integer not null,
  returned_at_ms integer
) strict;
CREATE INDEX overpayments_by_order on overpayments (order_id);
CREATE TABLE payment_cursors (
  name text primary key,
  reached_s integer not null
) strict;
CREATE TABLE payment_disputes (
  id text primary key,
  payment_id text not null references payments (id),
  currency text not null,
  amount_cents integer not null check (amount_cents >= 0),
  status text not null,
  as_of_s integer not null
) strict;
CREATE INDEX payment_disputes_by_payment on payment_disputes (payment_id);
CREATE TABLE payment_events (
  id text primary key,
  type text not null,
  created_s integer not null,
  received_at_ms integer not null,
  source text not null check (source in ('webhook', 'reconciler')),
  outcome text not null
) strict;
CREATE TABLE payment_profiles (
  account_id text primary key references customer_accounts (id),
  customer_id text not null unique,
  method_id text,
  method_as_of_s integer not null default 0
) strict;
CREATE TABLE payment_refunds (
  id text primary key,
  payment_id text not null references payments (id),
  amount_cents integer not null check (amount_cents >= 0),
  status text not null,
  as_of_s integer not null
) strict;
CREATE INDEX payment_refunds_by_payment on payment_refunds (payment_id);
CREATE TABLE payments (
  id text primary key,
  order_id text references orders (id),
  refunded_cents integer not null default 0 check (refunded_cents >= 0)
) strict;
CREATE INDEX payments_by_order on payments (order_id) where order_id is not null;
CREATE TABLE pool_credentials (
  id text primary key,
  pool text not null,
  name text not null,
  base_url text not null,
  dialect_family text not null check (dialect_family in ('openai', 'anthropic')),
  priority integer not null,
  weight integer not null check (weight > 0),
  is_enabled integer not null check (is_enabled in (0, 1)),
  model_map text not null,
  sealed_secret text not null,
  master_key_id text not null,
  created_at_ms integer not null,
  updated_at_ms integer not null,
  removed_at_ms integer
) strict;
CREATE UNIQUE INDEX pool_credentials_by_name on pool_credentials (pool, name) where removed_at_ms is null;
CREATE TABLE pool_routes (
  family text primary key,
  pools text not null
) strict;
CREATE TABLE pool_versions (
  id integer primary key check (id = 1),
  version integer not null
) strict;
CREATE TRIGGER price_versions_no_delete before delete on price_versions begin select raise(abort, 'price versions are append-only'); end;
CREATE TRIGGER price_versions_no_update before update on price_versions begin select raise(abort, 'price versions are append-only'); end;
CREATE TABLE price_versions (
  version text primary key,
  content_hash text not null,
  content text not null,
  first_used_at_ms integer not null
) strict;
CREATE TABLE requests (
  id text primary key,
  account_id text not null references customer_accounts (id),
  customer_key_id text not null references customer_keys (id),
  created_at_ms integer not null,
  endpoint text not null,
  dialect text not null,
  model_requested text not null,
  model_served text,
  is_stream integer not null check (is_stream in (0, 1)),
  catalogue_version text not null,
  status text not null check (status in ('open', 'settled', 'released')),
  settled_at_ms integer,
  outcome text,
  http_status integer,
  error_code text,
  finish_reason text,
  usage text,
  usage_source text not null check (usage_source in ('provider', 'estimated', 'missing')),
  unit_prices text,
  input_tokens integer,
  output_tokens integer,
  held integer not null check (held >= 0),
  cost integer not null check (cost >= 0),
  written_off integer not null check (written_off >= 0),
  upstream_cost integer check (upstream_cost >= 0),
  billing text,
  balance_after integer,
  ledger_sequence integer,
  attempts text,
  parts text,
  skipped_upstreams text,
  check (cost <= held)
) strict;
CREATE INDEX requests_by_account on requests (account_id, settled_at_ms);
CREATE INDEX requests_by_settlement on requests (settled_at_ms) where settled_at_ms is not null;
CREATE TRIGGER statement_lines_no_delete before delete on statement_lines begin select raise(abort, 'statements are append-only'); end;
CREATE TRIGGER statement_lines_no_update before update on statement_lines begin select raise(abort, 'statements are append-only'); end;
CREATE TABLE statement_lines (
  account_id text not null references customer_accounts (id),
  sequence integer not null check (sequence > 0),
  kind text not null check (kind in ('topup', 'usage', 'adjustment', 'refund', 'grant')),
  amount integer not null,
  balance_after integer not null,
  request_id text,
  order_id text,
  description text not null,
  at_ms integer not null,
  receipt_hash text,
  line_hash text not null,
  primary key (account_id, sequence)
) strict, without rowid;
CREATE INDEX statement_lines_credits on statement_lines (account_id, amount) where kind <> 'usage';
CREATE UNIQUE INDEX statement_lines_one_receipt on statement_lines (request_id) where receipt_hash is not null;
CREATE UNIQUE INDEX statement_lines_one_topup on statement_lines (order_id) where kind = 'topup';
CREATE TABLE unprocessed_payments (
  id text primary key,
  kind text not null check (kind in ('event', 'refund', 'dispute')),
  error text not null,
  first_seen_ms integer not null,
  tried_at_ms integer not null,
  dismissed_at_ms integer
) strict;
CREATE INDEX unprocessed_payments_open on unprocessed_payments (tried_at_ms) where dismissed_at_ms is null;

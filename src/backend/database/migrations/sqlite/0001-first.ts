/** Accounts, keys, ledger, holds, requests, orders. Rules that money depends on are repeated here as CHECKs and triggers. */
export const first = {
  name: '0001-first',
  sql: `
create table customer_accounts (
  id text primary key,
  created_at_ms integer not null
) strict;

create table customer_keys (
  id text primary key,
  account_id text not null references customer_accounts (id),
  key_hash text not null unique,
  hint text not null,
  label text not null,
  created_at_ms integer not null,
  revoked_at_ms integer
) strict;

create table ledger_accounts (
  id text primary key,
  account_id text references customer_accounts (id),
  must_not_overdraw integer not null check (must_not_overdraw in (0, 1)),
  balance integer not null default 0 check (must_not_overdraw = 0 or balance >= 0)
) strict;

create table ledger_transfers (
  sequence integer primary key autoincrement,
  id text not null unique,
  kind text not null check (kind in ('grant', 'topup', 'hold', 'charge', 'return', 'write_off')),
  debit_id text not null references ledger_accounts (id),
  credit_id text not null references ledger_accounts (id),
  amount integer not null check (amount > 0),
  request_id text,
  order_id text,
  at_ms integer not null,
  check (debit_id <> credit_id)
) strict;
create index ledger_transfers_by_request on ledger_transfers (request_id) where request_id is not null;

create trigger ledger_transfers_move after insert on ledger_transfers begin
  update ledger_accounts set balance = balance - new.amount where id = new.debit_id;
  update ledger_accounts set balance = balance + new.amount where id = new.credit_id;
end;
create trigger ledger_transfers_no_update before update on ledger_transfers begin
  select raise(abort, 'the ledger is append-only');
end;
create trigger ledger_transfers_no_delete before delete on ledger_transfers begin
  select raise(abort, 'the ledger is append-only');
end;
create trigger ledger_accounts_no_delete before delete on ledger_accounts begin
  select raise(abort, 'ledger accounts are kept');
end;
create trigger ledger_accounts_keep_rules before update of id, account_id, must_not_overdraw on ledger_accounts begin
  select raise(abort, 'ledger accounts keep their rules');
end;

create table statement_lines (
  account_id text not null references customer_accounts (id),
  sequence integer not null check (sequence > 0),
  kind text not null check (kind in ('topup', 'usage', 'adjustment', 'refund', 'grant')),
  amount integer not null,
  balance_after integer not null check (balance_after >= 0),
  request_id text unique,
  order_id text,
  description text not null,
  at_ms integer not null,
  primary key (account_id, sequence),
  unique (order_id, kind)
) strict, without rowid;
create index statement_lines_credits on statement_lines (account_id, amount) where kind <> 'usage';
create trigger statement_lines_no_update before update on statement_lines begin
  select raise(abort, 'statements are append-only');
end;
create trigger statement_lines_no_delete before delete on statement_lines begin
  select raise(abort, 'statements are append-only');
end;

create table requests (
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
  balance_after integer,
  ledger_sequence integer,
  attempts text,
  check (cost <= held)
) strict;
create index requests_by_account on requests (account_id, settled_at_ms);
create index requests_open on requests (id) where status = 'open';

create table holds (
  request_id text primary key references requests (id),
  account_id text not null references customer_accounts (id),
  amount integer not null check (amount >= 0),
  status text not null check (status in ('open', 'settled', 'released', 'expired')),
  owner_id text not null,
  opened_at_ms integer not null,
  expires_at_ms integer not null,
  ended_at_ms integer,
  check ((status = 'open') = (ended_at_ms is null))
) strict;
create index holds_open on holds (expires_at_ms) where status = 'open';
create trigger holds_end_once before update on holds when old.status <> 'open' begin
  select raise(abort, 'this hold has ended');
end;

create table orders (
  id text primary key,
  account_id text not null references customer_accounts (id),
  status text not null check (status in ('created', 'paid_confirmed', 'failed', 'expired', 'refunded')),
  amount integer not null check (amount > 0),
  created_at_ms integer not null,
  paid_at_ms integer,
  payment_id text unique
) strict;
create index orders_by_account on orders (account_id, created_at_ms);
`,
} as const;

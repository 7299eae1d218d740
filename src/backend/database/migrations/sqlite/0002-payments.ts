/**
 * Payments at a provider: what is known of each payment, its refunds and disputes; orders with all their states; debts and
 * automatic top-ups. SQLite cannot change a CHECK in place, so three tables are written anew; no row of them changes.
 */
export const payments = {
  name: '0002-payments',
  sql: `
create table ledger_transfers_new (
  sequence integer primary key autoincrement,
  id text not null unique,
  kind text not null check (kind in ('grant', 'topup', 'hold', 'charge', 'return', 'write_off',
    'refund', 'refund_return', 'dispute', 'dispute_return', 'loss', 'loss_return', 'owe', 'repay')),
  debit_id text not null references ledger_accounts (id),
  credit_id text not null references ledger_accounts (id),
  amount integer not null check (amount > 0),
  request_id text,
  order_id text,
  at_ms integer not null,
  check (debit_id <> credit_id)
) strict;
insert into ledger_transfers_new select sequence, id, kind, debit_id, credit_id, amount, request_id, order_id, at_ms from ledger_transfers;
drop table ledger_transfers;
alter table ledger_transfers_new rename to ledger_transfers;
create index ledger_transfers_by_request on ledger_transfers (request_id) where request_id is not null;
create index ledger_transfers_by_order on ledger_transfers (order_id) where order_id is not null;
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

insert into ledger_accounts (id, account_id, must_not_overdraw) select 'customer:' || id || ':owed', id, 0 from customer_accounts;
create trigger ledger_accounts_owed_is_debt before update of balance on ledger_accounts
when new.balance > 0 and new.id like 'customer:%:owed' begin
  select raise(abort, 'more was repaid than is owed');
end;

create table statement_lines_new (
  account_id text not null references customer_accounts (id),
  sequence integer not null check (sequence > 0),
  kind text not null check (kind in ('topup', 'usage', 'adjustment', 'refund', 'grant')),
  amount integer not null,
  balance_after integer not null,
  request_id text unique,
  order_id text,
  description text not null,
  at_ms integer not null,
  primary key (account_id, sequence)
) strict, without rowid;
insert into statement_lines_new select account_id, sequence, kind, amount, balance_after, request_id, order_id, description, at_ms from statement_lines;
drop table statement_lines;
alter table statement_lines_new rename to statement_lines;
create unique index statement_lines_one_topup on statement_lines (order_id) where kind = 'topup';
create index statement_lines_credits on statement_lines (account_id, amount) where kind <> 'usage';
create trigger statement_lines_no_update before update on statement_lines begin
  select raise(abort, 'statements are append-only');
end;
create trigger statement_lines_no_delete before delete on statement_lines begin
  select raise(abort, 'statements are append-only');
end;

create table orders_new (
  id text primary key,
  account_id text not null references customer_accounts (id),
  origin text not null check (origin in ('customer', 'auto')),
  status text not null check (status in ('created', 'pending', 'expired', 'failed', 'in_review', 'paid_confirmed',
    'partially_refunded', 'refunded', 'disputed', 'charged_back')),
  amount integer not null check (amount > 0),
  created_at_ms integer not null,
  paid_at_ms integer,
  payment_id text unique,
  session_id text unique,
  checkout_url text,
  method_id text,
  failure text,
  paid_cents integer check (paid_cents > 0),
  refunded integer not null default 0 check (refunded >= 0),
  disputed integer not null default 0 check (disputed >= 0),
  lost integer not null default 0 check (lost >= 0),
  steps integer not null default 0,
  check (refunded + disputed <= amount),
  check ((paid_at_ms is null) = (status in ('created', 'pending', 'expired', 'failed', 'in_review')))
) strict;
insert into orders_new (id, account_id, origin, status, amount, created_at_ms, paid_at_ms, payment_id)
  select id, account_id, 'customer', status, amount, created_at_ms, paid_at_ms, payment_id from orders;
drop table orders;
alter table orders_new rename to orders;
create index orders_by_account on orders (account_id, created_at_ms);
create index orders_open on orders (created_at_ms) where status in ('created', 'pending');
create unique index orders_one_automatic on orders (account_id) where origin = 'auto' and status in ('created', 'pending');

create table payment_events (
  id text primary key,
  type text not null,
  created_s integer not null,
  received_at_ms integer not null,
  source text not null check (source in ('webhook', 'reconciler')),
  outcome text not null
) strict;

create table payments (
  id text primary key,
  order_id text references orders (id),
  refunded_cents integer not null default 0 check (refunded_cents >= 0)
) strict;
create index payments_by_order on payments (order_id) where order_id is not null;

create table payment_refunds (
  id text primary key,
  payment_id text not null references payments (id),
  amount_cents integer not null check (amount_cents >= 0),
  status text not null,
  as_of_s integer not null
) strict;
create index payment_refunds_by_payment on payment_refunds (payment_id);

create table payment_disputes (
  id text primary key,
  payment_id text not null references payments (id),
  amount_cents integer not null check (amount_cents >= 0),
  status text not null,
  as_of_s integer not null
) strict;
create index payment_disputes_by_payment on payment_disputes (payment_id);

create table payment_profiles (
  account_id text primary key references customer_accounts (id),
  customer_id text not null unique,
  method_id text,
  method_as_of_s integer not null default 0
) strict;

create table auto_topups (
  account_id text primary key references customer_accounts (id),
  is_enabled integer not null check (is_enabled in (0, 1)),
  threshold integer not null check (threshold > 0),
  amount integer not null check (amount >= threshold),
  monthly_cap integer not null check (monthly_cap >= amount),
  paused_reason text,
  paused_at_ms integer
) strict;

create table payment_cursors (
  name text primary key,
  reached_s integer not null
) strict;
`,
} as const;

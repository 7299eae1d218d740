import { postgresDialect } from '../../sql-dialect.ts';

const { integer, text, identity, appendOnly } = postgresDialect;

/** What SQLite's steps 1 to 4 lead to. Balances of the house's accounts are not kept: every customer's request would wait for that row. */
export const accounting = {
  name: '0004-accounting',
  sql: `
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '%', tg_argv[0];
end $$;

create table customer_accounts (
  id ${text} primary key,
  created_at_ms ${integer} not null,
  monthly_cap ${integer} check (monthly_cap >= 0)
);

create table monthly_spend (
  account_id ${text} not null references customer_accounts (id),
  month_start_ms ${integer} not null,
  amount ${integer} not null check (amount >= 0),
  primary key (account_id, month_start_ms)
);

create table customer_keys (
  id ${text} primary key,
  account_id ${text} not null references customer_accounts (id),
  key_hash ${text} not null unique,
  hint ${text} not null,
  label ${text} not null,
  created_at_ms ${integer} not null,
  revoked_at_ms ${integer}
);
create index customer_keys_by_account on customer_keys (account_id);

create table ledger_accounts (
  id ${text} primary key,
  account_id ${text} references customer_accounts (id),
  must_not_overdraw ${integer} not null check (must_not_overdraw in (0, 1)),
  balance ${integer} not null default 0 check (must_not_overdraw = 0 or balance >= 0)
) with (fillfactor = 50);
create index ledger_accounts_by_account on ledger_accounts (account_id);

create table ledger_transfers (
  sequence ${identity},
  id ${text} not null unique,
  kind ${text} not null check (kind in ('grant', 'topup', 'hold', 'charge', 'return', 'write_off',
    'refund', 'refund_return', 'dispute', 'dispute_return', 'loss', 'loss_return', 'owe', 'repay')),
  debit_id ${text} not null references ledger_accounts (id),
  credit_id ${text} not null references ledger_accounts (id),
  amount ${integer} not null check (amount > 0),
  request_id ${text},
  order_id ${text},
  at_ms ${integer} not null,
  check (debit_id <> credit_id)
);
create index ledger_transfers_by_request on ledger_transfers (request_id) where request_id is not null;
create index ledger_transfers_by_order on ledger_transfers (order_id) where order_id is not null;
create index ledger_transfers_by_debit on ledger_transfers (debit_id, sequence);
create index ledger_transfers_by_credit on ledger_transfers (credit_id, sequence);

create function move_balances() returns trigger language plpgsql as $$
begin
  update ledger_accounts a set balance = a.balance + m.delta
  from (
    select id, sum(delta) as delta from (
      select debit_id as id, -amount as delta from posted union all select credit_id, amount from posted
    ) moves group by id
  ) m
  where a.id = m.id and a.account_id is not null and m.delta <> 0;
  return null;
end $$;
create trigger ledger_transfers_move after insert on ledger_transfers
  referencing new table as posted for each statement execute function move_balances();
${appendOnly('ledger_transfers', 'the ledger is append-only')}

create function keep_ledger_account() returns trigger language plpgsql as $$
begin
  if new.id <> old.id or new.account_id is distinct from old.account_id or new.must_not_overdraw <> old.must_not_overdraw then
    raise exception 'ledger accounts keep their rules';
  end if;
  if new.balance > 0 and new.id like 'customer:%:owed' then
    raise exception 'more was repaid than is owed';
  end if;
  return new;
end $$;
create trigger ledger_accounts_keep_rules before update on ledger_accounts for each row execute function keep_ledger_account();
create trigger ledger_accounts_no_delete before delete on ledger_accounts for each row execute function refuse_change('ledger accounts are kept');

create table statement_lines (
  account_id ${text} not null references customer_accounts (id),
  sequence ${integer} not null check (sequence > 0),
  kind ${text} not null check (kind in ('topup', 'usage', 'adjustment', 'refund', 'grant')),
  amount ${integer} not null,
  balance_after ${integer} not null,
  request_id ${text} unique,
  order_id ${text},
  description ${text} not null,
  at_ms ${integer} not null,
  primary key (account_id, sequence)
);
create unique index statement_lines_one_topup on statement_lines (order_id) where kind = 'topup';
create index statement_lines_credits on statement_lines (account_id, amount) where kind <> 'usage';
${appendOnly('statement_lines', 'statements are append-only')}

create table requests (
  id ${text} primary key,
  account_id ${text} not null references customer_accounts (id),
  customer_key_id ${text} not null references customer_keys (id),
  created_at_ms ${integer} not null,
  endpoint ${text} not null,
  dialect ${text} not null,
  model_requested ${text} not null,
  model_served ${text},
  is_stream ${integer} not null check (is_stream in (0, 1)),
  catalogue_version ${text} not null,
  status ${text} not null check (status in ('open', 'settled', 'released')),
  settled_at_ms ${integer},
  outcome ${text},
  http_status ${integer},
  error_code ${text},
  finish_reason ${text},
  usage ${text},
  usage_source ${text} not null check (usage_source in ('provider', 'estimated', 'missing')),
  unit_prices ${text},
  input_tokens ${integer},
  output_tokens ${integer},
  held ${integer} not null check (held >= 0),
  cost ${integer} not null check (cost >= 0),
  written_off ${integer} not null check (written_off >= 0),
  balance_after ${integer},
  ledger_sequence ${integer},
  attempts ${text},
  check (cost <= held)
);
create index requests_by_account on requests (account_id, settled_at_ms);
create index requests_open on requests (id) where status = 'open';
create index requests_by_settlement on requests (settled_at_ms) where status = 'settled';

create table holds (
  request_id ${text} primary key references requests (id),
  account_id ${text} not null references customer_accounts (id),
  amount ${integer} not null check (amount >= 0),
  status ${text} not null check (status in ('open', 'settled', 'released', 'expired')),
  owner_id ${text} not null,
  opened_at_ms ${integer} not null,
  expires_at_ms ${integer} not null,
  ended_at_ms ${integer},
  check ((status = 'open') = (ended_at_ms is null))
);
create index holds_open on holds (expires_at_ms) where status = 'open';
create index holds_open_by_account on holds (account_id) where status = 'open';
create function end_hold_once() returns trigger language plpgsql as $$
begin
  if old.status <> 'open' then raise exception 'this hold has ended'; end if;
  return new;
end $$;
create trigger holds_end_once before update on holds for each row execute function end_hold_once();

create table orders (
  id ${text} primary key,
  account_id ${text} not null references customer_accounts (id),
  origin ${text} not null check (origin in ('customer', 'auto')),
  status ${text} not null check (status in ('created', 'pending', 'expired', 'failed', 'in_review', 'paid_confirmed',
    'partially_refunded', 'refunded', 'disputed', 'charged_back')),
  amount ${integer} not null check (amount > 0),
  created_at_ms ${integer} not null,
  paid_at_ms ${integer},
  payment_id ${text} unique,
  session_id ${text} unique,
  checkout_url ${text},
  method_id ${text},
  failure ${text},
  paid_cents ${integer} check (paid_cents > 0),
  refunded ${integer} not null default 0 check (refunded >= 0),
  disputed ${integer} not null default 0 check (disputed >= 0),
  lost ${integer} not null default 0 check (lost >= 0),
  steps ${integer} not null default 0,
  check (refunded + disputed <= amount),
  check ((paid_at_ms is null) = (status in ('created', 'pending', 'expired', 'failed', 'in_review')))
);
create index orders_by_account on orders (account_id, created_at_ms);
create index orders_open on orders (created_at_ms) where status in ('created', 'pending');
create unique index orders_one_automatic on orders (account_id) where origin = 'auto' and status in ('created', 'pending');

create table payment_events (
  id ${text} primary key,
  type ${text} not null,
  created_s ${integer} not null,
  received_at_ms ${integer} not null,
  source ${text} not null check (source in ('webhook', 'reconciler')),
  outcome ${text} not null
);

create table payments (
  id ${text} primary key,
  order_id ${text} references orders (id),
  refunded_cents ${integer} not null default 0 check (refunded_cents >= 0)
);
create index payments_by_order on payments (order_id) where order_id is not null;

create table payment_refunds (
  id ${text} primary key,
  payment_id ${text} not null references payments (id),
  amount_cents ${integer} not null check (amount_cents >= 0),
  status ${text} not null,
  as_of_s ${integer} not null
);
create index payment_refunds_by_payment on payment_refunds (payment_id);

create table payment_disputes (
  id ${text} primary key,
  payment_id ${text} not null references payments (id),
  amount_cents ${integer} not null check (amount_cents >= 0),
  status ${text} not null,
  as_of_s ${integer} not null
);
create index payment_disputes_by_payment on payment_disputes (payment_id);

create table payment_profiles (
  account_id ${text} primary key references customer_accounts (id),
  customer_id ${text} not null unique,
  method_id ${text},
  method_as_of_s ${integer} not null default 0
);

create table auto_topups (
  account_id ${text} primary key references customer_accounts (id),
  is_enabled ${integer} not null check (is_enabled in (0, 1)),
  threshold ${integer} not null check (threshold > 0),
  amount ${integer} not null check (amount >= threshold),
  monthly_cap ${integer} not null check (monthly_cap >= amount),
  paused_reason ${text},
  paused_at_ms ${integer}
);

create table payment_cursors (
  name ${text} primary key,
  reached_s ${integer} not null
);

create table audit_entries (
  sequence ${identity},
  at_ms ${integer} not null,
  operator ${text} not null,
  action ${text} not null,
  subject ${text} not null,
  account_id ${text},
  reason ${text} not null check (length(reason) > 0),
  before ${text},
  after ${text}
);
create index audit_entries_by_subject on audit_entries (subject);
create index audit_entries_by_account on audit_entries (account_id) where account_id is not null;
${appendOnly('audit_entries', 'the audit log is append-only')}

create table overpayments (
  payment_id ${text} primary key,
  order_id ${text} not null references orders (id),
  paid_cents ${integer} not null check (paid_cents > 0),
  seen_at_ms ${integer} not null,
  refunded_at_ms ${integer}
);
create index overpayments_by_order on overpayments (order_id);
`,
} as const;

import type { SqlDialect } from '../../sql-dialect.ts';

/** Top-ups. A payment and a checkout belong to one order each, and an account has one automatic top-up under way. */
export const orders = ({ integer, text, strict }: SqlDialect): string => `
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
  paid_currency ${text},
  refunded ${integer} not null default 0 check (refunded >= 0),
  disputed ${integer} not null default 0 check (disputed >= 0),
  lost ${integer} not null default 0 check (lost >= 0),
  steps ${integer} not null default 0,
  check (refunded + disputed <= amount),
  check ((paid_cents is null) = (paid_currency is null)),
  check ((paid_at_ms is null) = (status in ('created', 'pending', 'expired', 'failed', 'in_review')))
)${strict};
create index orders_by_account on orders (account_id, created_at_ms);
create index orders_open on orders (created_at_ms) where status in ('created', 'pending');
create unique index orders_one_automatic on orders (account_id) where origin = 'auto' and status in ('created', 'pending');

create table auto_topups (
  account_id ${text} primary key references customer_accounts (id),
  is_enabled ${integer} not null check (is_enabled in (0, 1)),
  threshold ${integer} not null check (threshold > 0),
  amount ${integer} not null check (amount >= threshold),
  monthly_cap ${integer} not null check (monthly_cap >= amount),
  paused_reason ${text},
  paused_at_ms ${integer}
)${strict};`;

/**
 * What the payment provider says. Its facts come in any order and more than once, so a payment may be known before its
 * order.
 */
export const payments = ({ integer, text, strict }: SqlDialect): string => `
create table payment_events (
  id ${text} primary key,
  type ${text} not null,
  created_s ${integer} not null,
  received_at_ms ${integer} not null,
  source ${text} not null check (source in ('webhook', 'reconciler')),
  outcome ${text} not null
)${strict};

create table payments (
  id ${text} primary key,
  order_id ${text} references orders (id),
  refunded_cents ${integer} not null default 0 check (refunded_cents >= 0)
)${strict};
create index payments_by_order on payments (order_id) where order_id is not null;

create table payment_refunds (
  id ${text} primary key,
  payment_id ${text} not null references payments (id),
  amount_cents ${integer} not null check (amount_cents >= 0),
  status ${text} not null,
  as_of_s ${integer} not null
)${strict};
create index payment_refunds_by_payment on payment_refunds (payment_id);

create table payment_disputes (
  id ${text} primary key,
  payment_id ${text} not null references payments (id),
  currency ${text} not null,
  amount_cents ${integer} not null check (amount_cents >= 0),
  status ${text} not null,
  as_of_s ${integer} not null
)${strict};
create index payment_disputes_by_payment on payment_disputes (payment_id);

create table payment_profiles (
  account_id ${text} primary key references customer_accounts (id),
  customer_id ${text} not null unique,
  method_id ${text},
  method_as_of_s ${integer} not null default 0
)${strict};

create table payment_cursors (
  name ${text} primary key,
  reached_s ${integer} not null
)${strict};

create table unprocessed_payments (
  id ${text} primary key,
  kind ${text} not null check (kind in ('event', 'refund', 'dispute')),
  error ${text} not null,
  first_seen_ms ${integer} not null,
  tried_at_ms ${integer} not null,
  dismissed_at_ms ${integer}
)${strict};
create index unprocessed_payments_open on unprocessed_payments (tried_at_ms) where dismissed_at_ms is null;

create table overpayments (
  payment_id ${text} primary key,
  order_id ${text} not null references orders (id),
  paid_cents ${integer} not null check (paid_cents > 0),
  paid_currency ${text} not null,
  seen_at_ms ${integer} not null,
  returned_at_ms ${integer}
)${strict};
create index overpayments_by_order on overpayments (order_id);`;

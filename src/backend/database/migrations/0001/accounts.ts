import type { SqlDialect } from '../../sql-dialect.ts';

/**
 * An account's row ends two hash chains, over its movements and over its statement lines. It also counts what was
 * written off for it in one day, and what its open requests may still cost beyond what they hold.
 */
export const accounts = ({ integer, text, strict, byKey, oftenUpdated }: SqlDialect): string => `
create table customer_accounts (
  id ${text} primary key,
  name ${text},
  created_at_ms ${integer} not null,
  monthly_cap ${integer} check (monthly_cap >= 0),
  billing_plan ${text} not null default 'tokens' check (billing_plan in ('tokens', 'credits')),
  chain_length ${integer} not null default 0,
  chain_hash ${text} not null default '',
  line_count ${integer} not null default 0,
  line_hash ${text} not null default '',
  write_off_day_ms ${integer} not null default 0,
  written_off ${integer} not null default 0 check (written_off >= 0),
  exposure ${integer} not null default 0 check (exposure >= 0)
)${oftenUpdated};

create table members (
  id ${text} primary key,
  account_id ${text} not null references customer_accounts (id),
  name ${text} not null,
  role ${text} not null check (role in ('owner', 'admin', 'member')),
  created_at_ms ${integer} not null,
  removed_at_ms ${integer}
)${strict};
create index members_by_account on members (account_id, id);

create table monthly_spend (
  account_id ${text} not null references customer_accounts (id),
  month_start_ms ${integer} not null,
  amount ${integer} not null check (amount >= 0),
  primary key (account_id, month_start_ms)
)${byKey};

create table account_windows (
  account_id ${text} not null references customer_accounts (id),
  period ${text} not null check (period in ('minute', 'burst')),
  start_ms ${integer} not null,
  requests ${integer} not null check (requests >= 0),
  primary key (account_id, period, start_ms)
)${byKey};`;

/**
 * A key itself is not kept, only its hash. What it did is counted by the minute, day, week and month, and only where it
 * is limited.
 */
export const keys = ({ integer, text, strict, byKey }: SqlDialect): string => `
create table customer_keys (
  id ${text} primary key,
  account_id ${text} not null references customer_accounts (id),
  member_id ${text} references members (id),
  key_hash ${text} not null unique,
  hint ${text} not null,
  label ${text} not null,
  scope ${text} not null check (scope in ('manage', 'inference')),
  limits ${text},
  replaces ${text} references customer_keys (id),
  created_at_ms ${integer} not null,
  revoked_at_ms ${integer}
)${strict};
create index customer_keys_by_account on customer_keys (account_id);
create index customer_keys_by_member on customer_keys (member_id) where member_id is not null;

create table key_windows (
  key_id ${text} not null references customer_keys (id),
  period ${text} not null check (period in ('minute', 'day', 'week', 'month')),
  start_ms ${integer} not null,
  requests ${integer} not null default 0,
  tokens ${integer} not null default 0,
  spent ${integer} not null default 0 check (spent >= 0),
  primary key (key_id, period, start_ms)
)${byKey};`;

/**
 * Links that give an owner who lost his key, a member or a guest another one, once. A guest's makes no key before its
 * order is paid.
 */
export const claimLinks = ({ integer, text, strict }: SqlDialect): string => `
create table claim_links (
  token_hash ${text} primary key,
  account_id ${text} not null references customer_accounts (id),
  replaces ${text} references customer_keys (id),
  member_id ${text} references members (id),
  order_id ${text} references orders (id),
  expires_at_ms ${integer} not null,
  used_at_ms ${integer}
)${strict};
create unique index claim_links_by_order on claim_links (order_id) where order_id is not null;`;

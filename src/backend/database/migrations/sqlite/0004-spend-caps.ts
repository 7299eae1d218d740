/** What an account may spend in a month, and what it has spent in each. */
export const spendCaps = {
  name: '0004-spend-caps',
  sql: `
alter table customer_accounts add column monthly_cap integer check (monthly_cap >= 0);

create table monthly_spend (
  account_id text not null references customer_accounts (id),
  month_start_ms integer not null,
  amount integer not null check (amount >= 0),
  primary key (account_id, month_start_ms)
) strict, without rowid;
insert into monthly_spend (account_id, month_start_ms, amount)
  select account_id, unixepoch(at_ms / 1000, 'unixepoch', 'start of month') * 1000 as month_start_ms, -sum(amount)
  from statement_lines where kind = 'usage' group by account_id, month_start_ms;
`,
} as const;

import type { Migration } from './migration.ts';

/** What an account did in each minute and each ten seconds, where the service limits that; and which credentials a request passed over. */
export const busyHours: Migration = {
  name: '0013-busy-hours',
  sql: ({ integer, text, strict }) => `
alter table requests add column skipped_upstreams ${text};

create table account_windows (
  account_id ${text} not null references customer_accounts (id),
  period ${text} not null check (period in ('minute', 'burst')),
  start_ms ${integer} not null,
  requests ${integer} not null check (requests >= 0),
  primary key (account_id, period, start_ms)
)${strict};`,
};

import type { Migration } from './migration.ts';

/** What the service absorbed for an account in one day, and what its open requests may still cost beyond what they hold. */
export const writeOffs: Migration = {
  name: '0014-write-offs',
  sql: ({ integer }) => `
alter table customer_accounts add column write_off_day_ms ${integer} not null default 0;
alter table customer_accounts add column written_off ${integer} not null default 0 check (written_off >= 0);
alter table customer_accounts add column exposure ${integer} not null default 0 check (exposure >= 0);
alter table holds add column exposure ${integer} not null default 0 check (exposure >= 0);`,
};

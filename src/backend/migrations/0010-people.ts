import type { Migration } from '../database/migration.ts';

/** Keys that buy model calls and do nothing else. Those that were made before may do everything, as they could. */
export const people: Migration = {
  name: '0010-people',
  sql: ({ text }) => `
alter table customer_keys add column scope ${text} not null default 'manage' check (scope in ('manage', 'inference'));`,
};

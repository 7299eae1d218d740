import type { Migration } from './migration.ts';

/** Keys that buy model calls and do nothing else (those made before may do everything, as they could), and links that bring a lost key's owner another. */
export const members: Migration = {
  name: '0009-people',
  sql: ({ integer, text, strict }) => `
alter table customer_keys add column scope ${text} not null default 'manage' check (scope in ('manage', 'inference'));

create table claim_links (
  token_hash ${text} primary key,
  account_id ${text} not null references customer_accounts (id),
  replaces ${text} references customer_keys (id),
  expires_at_ms ${integer} not null,
  used_at_ms ${integer}
)${strict};`,
};

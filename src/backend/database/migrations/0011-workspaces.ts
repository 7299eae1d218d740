import type { Migration } from './migration.ts';

/** Who shares an account, and links that give a member or a guest a key. */
export const workspaces: Migration = {
  name: '0011-workspaces',
  sql: ({ integer, text, strict }) => `
alter table customer_accounts add column name ${text};

create table members (
  id ${text} primary key,
  account_id ${text} not null references customer_accounts (id),
  name ${text} not null,
  role ${text} not null check (role in ('owner', 'admin', 'member')),
  created_at_ms ${integer} not null,
  removed_at_ms ${integer}
)${strict};
create index members_by_account on members (account_id, id);

alter table customer_keys add column member_id ${text} references members (id);
create index customer_keys_by_member on customer_keys (member_id) where member_id is not null;

alter table claim_links add column member_id ${text} references members (id);
alter table claim_links add column order_id ${text} references orders (id);
create unique index claim_links_by_order on claim_links (order_id) where order_id is not null;`,
};

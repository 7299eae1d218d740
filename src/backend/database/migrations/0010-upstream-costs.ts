import type { Migration } from './migration.ts';

const kinds = `'grant', 'topup', 'hold', 'charge', 'return', 'write_off', 'refund', 'refund_return', 'dispute', 'dispute_return', 'loss',
  'loss_return', 'owe', 'repay', 'cost'`;

/** What a request cost at its upstream, in its row and as a movement of its own; and every version of the prices that was sold by. */
export const upstreamCosts: Migration = {
  name: '0010-upstream-costs',
  sql: ({ name, text, integer, strict, appendOnly }) => `
alter table requests add column upstream_cost ${integer} check (upstream_cost >= 0);

create table price_versions (
  version ${text} primary key,
  content_hash ${text} not null,
  content ${text} not null,
  first_used_at_ms ${integer} not null
)${strict};
${appendOnly('price_versions', 'what was sold by is append-only')}
${name === 'sqlite' ? transfersOnSqlite : transfersOnPostgres}`,
};

const transfersOnPostgres = `
alter table ledger_transfers drop constraint ledger_transfers_kind_check;
alter table ledger_transfers add constraint ledger_transfers_kind_check check (kind in (${kinds}));`;

/** SQLite cannot change a CHECK in place: the table is written anew, and no row of it changes. */
const transfersOnSqlite = `
create table ledger_transfers_new (
  sequence integer primary key autoincrement,
  id text not null unique,
  kind text not null check (kind in (${kinds})),
  debit_id text not null references ledger_accounts (id),
  credit_id text not null references ledger_accounts (id),
  amount integer not null check (amount > 0),
  request_id text,
  order_id text,
  at_ms integer not null,
  account_id text references customer_accounts (id),
  chain_position integer,
  chain_hash text,
  check (debit_id <> credit_id)
) strict;
insert into ledger_transfers_new
  select sequence, id, kind, debit_id, credit_id, amount, request_id, order_id, at_ms, account_id, chain_position, chain_hash from ledger_transfers;
drop table ledger_transfers;
alter table ledger_transfers_new rename to ledger_transfers;
create index ledger_transfers_by_request on ledger_transfers (request_id) where request_id is not null;
create index ledger_transfers_by_order on ledger_transfers (order_id) where order_id is not null;
create index ledger_transfers_by_debit on ledger_transfers (debit_id, sequence);
create index ledger_transfers_by_credit on ledger_transfers (credit_id, sequence);
create unique index ledger_transfers_by_chain on ledger_transfers (account_id, chain_position) where account_id is not null;
create trigger ledger_transfers_move after insert on ledger_transfers begin
  update ledger_accounts set balance = balance - new.amount where id = new.debit_id and account_id is not null;
  update ledger_accounts set balance = balance + new.amount where id = new.credit_id and account_id is not null;
end;
create trigger ledger_transfers_no_update before update on ledger_transfers begin
  select raise(abort, 'the ledger is append-only');
end;
create trigger ledger_transfers_no_delete before delete on ledger_transfers begin
  select raise(abort, 'the ledger is append-only');
end;`;

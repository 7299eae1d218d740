import type { Migration } from './migration.ts';

const transferKinds = `'grant', 'topup', 'hold', 'charge', 'return', 'write_off', 'refund', 'refund_return', 'dispute', 'dispute_return', 'loss',
  'loss_return', 'owe', 'repay', 'cost', 'adjust'`;

/**
 * Accounts that pay in credits: what a request was charged by, and of which answers it was made. A charge and the difference to it are two
 * lines of a statement, so a request may stand there twice; its receipt only once.
 */
export const credits: Migration = {
  name: '0012-credits',
  sql: ({ name, text }) => `
alter table customer_accounts add column billing_plan ${text} not null default 'tokens' check (billing_plan in ('tokens', 'credits'));
alter table requests add column billing ${text};
alter table requests add column parts ${text};
${name === 'sqlite' ? onSqlite : onPostgres}
create unique index statement_lines_one_receipt on statement_lines (request_id) where receipt_hash is not null;`,
};

const onPostgres = `
alter table ledger_transfers drop constraint ledger_transfers_kind_check;
alter table ledger_transfers add constraint ledger_transfers_kind_check check (kind in (${transferKinds}));
alter table statement_lines drop constraint statement_lines_request_id_key;`;

/** SQLite changes neither a CHECK nor a UNIQUE in place: the tables are written anew, and no row of them changes. */
const onSqlite = `
create table ledger_transfers_new (
  sequence integer primary key autoincrement,
  id text not null unique,
  kind text not null check (kind in (${transferKinds})),
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
end;

create table statement_lines_new (
  account_id text not null references customer_accounts (id),
  sequence integer not null check (sequence > 0),
  kind text not null check (kind in ('topup', 'usage', 'adjustment', 'refund', 'grant')),
  amount integer not null,
  balance_after integer not null,
  request_id text,
  order_id text,
  description text not null,
  at_ms integer not null,
  receipt_hash text,
  line_hash text,
  primary key (account_id, sequence)
) strict, without rowid;
insert into statement_lines_new
  select account_id, sequence, kind, amount, balance_after, request_id, order_id, description, at_ms, receipt_hash, line_hash from statement_lines;
drop table statement_lines;
alter table statement_lines_new rename to statement_lines;
create unique index statement_lines_one_topup on statement_lines (order_id) where kind = 'topup';
create index statement_lines_credits on statement_lines (account_id, amount) where kind <> 'usage';
create trigger statement_lines_no_update before update on statement_lines begin
  select raise(abort, 'statements are append-only');
end;
create trigger statement_lines_no_delete before delete on statement_lines begin
  select raise(abort, 'statements are append-only');
end;`;

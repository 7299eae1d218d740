import type { SqlDialect } from '../sql-dialect.ts';

/**
 * Chains: each movement and each statement line of an account carries a hash over itself and the one before, and the account's row says
 * where both chains end. What is older than this step has no hash. The house's balances are no longer kept but summed up when asked for.
 */
export const ledger = {
  name: '0005-books',
  sql: (dialect: SqlDialect): string => `
alter table customer_accounts add column chain_length ${dialect.integer} not null default 0;
alter table customer_accounts add column chain_hash ${dialect.text} not null default '';
alter table customer_accounts add column line_count ${dialect.integer} not null default 0;
alter table customer_accounts add column line_hash ${dialect.text} not null default '';
update customer_accounts set line_count = (select coalesce(max(sequence), 0) from statement_lines where account_id = customer_accounts.id);

alter table ledger_transfers add column account_id ${dialect.text} references customer_accounts (id);
alter table ledger_transfers add column chain_position ${dialect.integer};
alter table ledger_transfers add column chain_hash ${dialect.text};
create unique index ledger_transfers_by_chain on ledger_transfers (account_id, chain_position) where account_id is not null;
alter table statement_lines add column receipt_hash ${dialect.text};
alter table statement_lines add column line_hash ${dialect.text};
${dialect.name === 'sqlite' ? onSqlite : ''}`,
};

/** PostgreSQL began with these indexes and without the house's balances. */
const onSqlite = `
create index customer_keys_by_account on customer_keys (account_id);
create index ledger_accounts_by_account on ledger_accounts (account_id);
create index holds_open_by_account on holds (account_id) where status = 'open';
drop trigger ledger_transfers_move;
create trigger ledger_transfers_move after insert on ledger_transfers begin
  update ledger_accounts set balance = balance - new.amount where id = new.debit_id and account_id is not null;
  update ledger_accounts set balance = balance + new.amount where id = new.credit_id and account_id is not null;
end;
update ledger_accounts set balance = 0 where account_id is null;`;

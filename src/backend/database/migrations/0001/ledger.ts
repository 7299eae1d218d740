import type { SqlDialect } from '../../sql-dialect.ts';

/**
 * Transfers move the balances of customers' accounts; nothing else moves them, or removes or changes an account. No
 * debt is repaid twice.
 */
const ledgerTriggers: Readonly<Record<SqlDialect['name'], string>> = {
  sqlite: `
create trigger ledger_transfers_move after insert on ledger_transfers begin
  update ledger_accounts set balance = balance - new.amount where id = new.debit_id and account_id is not null;
  update ledger_accounts set balance = balance + new.amount where id = new.credit_id and account_id is not null;
end;
create trigger ledger_accounts_no_delete before delete on ledger_accounts begin
  select raise(abort, 'ledger accounts are kept');
end;
create trigger ledger_accounts_keep_rules before update of id, account_id, must_not_overdraw on ledger_accounts begin
  select raise(abort, 'ledger accounts keep their rules');
end;
create trigger ledger_accounts_owed_is_debt before update of balance on ledger_accounts
when new.balance > 0 and new.id like 'customer:%:owed' begin
  select raise(abort, 'more was repaid than is owed');
end;`,
  // One statement posts many transfers, so the balances move once for all of them.
  postgres: `
create function move_balances() returns trigger language plpgsql as $$
begin
  update ledger_accounts a set balance = a.balance + m.delta
  from (
    select id, sum(delta) as delta from (
      select debit_id as id, -amount as delta from posted union all select credit_id, amount from posted
    ) moves group by id
  ) m
  where a.id = m.id and a.account_id is not null and m.delta <> 0;
  return null;
end $$;
create trigger ledger_transfers_move after insert on ledger_transfers
  referencing new table as posted for each statement execute function move_balances();
create function keep_ledger_account() returns trigger language plpgsql as $$
begin
  if new.id <> old.id or new.account_id is distinct from old.account_id or new.must_not_overdraw <> old.must_not_overdraw then
    raise exception 'ledger accounts keep their rules';
  end if;
  if new.balance > 0 and new.id like 'customer:%:owed' then
    raise exception 'more was repaid than is owed';
  end if;
  return new;
end $$;
create trigger ledger_accounts_keep_rules before update on ledger_accounts for each row execute function keep_ledger_account();
create trigger ledger_accounts_no_delete before delete on ledger_accounts for each row execute function refuse_change('ledger accounts are kept');`,
};

/**
 * Double entry, append-only. A trigger moves the balances of customers' accounts with each transfer. Those of the
 * platform's accounts are not kept but summed up when asked for: every customer's request would wait for that row.
 */
export const ledger = ({ name, integer, text, identity, strict, oftenUpdated, appendOnly }: SqlDialect): string => `
create table ledger_accounts (
  id ${text} primary key,
  account_id ${text} references customer_accounts (id),
  must_not_overdraw ${integer} not null check (must_not_overdraw in (0, 1)),
  balance ${integer} not null default 0 check (must_not_overdraw = 0 or balance >= 0)
)${oftenUpdated};
create index ledger_accounts_by_account on ledger_accounts (account_id);

create table ledger_transfers (
  sequence ${identity},
  id ${text} not null unique,
  kind ${text} not null check (kind in ('grant', 'topup', 'hold', 'charge', 'return', 'write_off', 'refund', 'refund_return', 'dispute',
    'dispute_return', 'loss', 'loss_return', 'owe', 'repay', 'cost', 'adjust')),
  debit_id ${text} not null references ledger_accounts (id),
  credit_id ${text} not null references ledger_accounts (id),
  amount ${integer} not null check (amount > 0),
  request_id ${text},
  order_id ${text},
  at_ms ${integer} not null,
  account_id ${text} not null references customer_accounts (id),
  chain_position ${integer} not null,
  chain_hash ${text} not null,
  check (debit_id <> credit_id)
)${strict};
create index ledger_transfers_by_request on ledger_transfers (request_id) where request_id is not null;
create index ledger_transfers_by_order on ledger_transfers (order_id) where order_id is not null;
create index ledger_transfers_from_platform on ledger_transfers (debit_id, sequence) where debit_id like 'platform:%';
create index ledger_transfers_to_platform on ledger_transfers (credit_id, sequence) where credit_id like 'platform:%';
create unique index ledger_transfers_by_chain on ledger_transfers (account_id, chain_position);
${appendOnly('ledger_transfers', 'the ledger is append-only')}
${ledgerTriggers[name]}`;

/**
 * What a customer sees of the ledger. An order is credited once. A charge and the later difference to it are two lines
 * of one request, but its receipt is on one of them only.
 */
export const statements = ({ integer, text, byKey, appendOnly }: SqlDialect): string => `
create table statement_lines (
  account_id ${text} not null references customer_accounts (id),
  sequence ${integer} not null check (sequence > 0),
  kind ${text} not null check (kind in ('topup', 'usage', 'adjustment', 'refund', 'grant')),
  amount ${integer} not null,
  balance_after ${integer} not null,
  request_id ${text},
  order_id ${text},
  description ${text} not null,
  at_ms ${integer} not null,
  receipt_hash ${text},
  line_hash ${text} not null,
  primary key (account_id, sequence)
)${byKey};
create unique index statement_lines_one_topup on statement_lines (order_id) where kind = 'topup';
create unique index statement_lines_one_receipt on statement_lines (request_id) where receipt_hash is not null;
create index statement_lines_credits on statement_lines (account_id, amount) where kind <> 'usage';
${appendOnly('statement_lines', 'statements are append-only')}`;

/** What operators do, and the payments that came for orders which were settled otherwise: somebody has to decide about them. */
export const operator = {
  name: '0003-operator',
  sql: `
create table audit_entries (
  sequence integer primary key autoincrement,
  at_ms integer not null,
  operator text not null,
  action text not null,
  subject text not null,
  account_id text,
  reason text not null check (length(reason) > 0),
  before text,
  after text
) strict;
create index audit_entries_by_subject on audit_entries (subject);
create index audit_entries_by_account on audit_entries (account_id) where account_id is not null;
create trigger audit_entries_no_update before update on audit_entries begin
  select raise(abort, 'the audit log is append-only');
end;
create trigger audit_entries_no_delete before delete on audit_entries begin
  select raise(abort, 'the audit log is append-only');
end;

create table overpayments (
  payment_id text primary key,
  order_id text not null references orders (id),
  paid_cents integer not null check (paid_cents > 0),
  seen_at_ms integer not null,
  refunded_at_ms integer
) strict;
create index overpayments_by_order on overpayments (order_id);
create index ledger_transfers_by_debit on ledger_transfers (debit_id, sequence);
create index ledger_transfers_by_credit on ledger_transfers (credit_id, sequence);
create index requests_by_settlement on requests (settled_at_ms) where status = 'settled';
`,
} as const;

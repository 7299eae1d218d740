import type { ColumnType, Generated, Selectable } from 'kysely';
import type { TransferKind } from '../ledger/decide-transfer.ts';

/** Money and times are 64-bit integers in both databases; they are read and bound as bigint, never as number. */
type Immutable<T> = ColumnType<T, T, never>;

export interface CustomerAccountTable {
  id: Immutable<string>;
  created_at_ms: Immutable<bigint>;
}

export interface CustomerKeyTable {
  id: Immutable<string>;
  account_id: Immutable<string>;
  /** SHA-256 of the key, hex. The key itself is not kept. */
  key_hash: Immutable<string>;
  hint: Immutable<string>;
  label: string;
  created_at_ms: Immutable<bigint>;
  revoked_at_ms: bigint | null;
}

export interface LedgerAccountTable {
  id: Immutable<string>;
  /** null for the house's own accounts. */
  account_id: Immutable<string | null>;
  /** 1: the database itself refuses a balance below zero. */
  must_not_overdraw: Immutable<bigint>;
  /** Credits minus debits; moved only by the trigger on ledger_transfers. */
  balance: ColumnType<bigint, never, never>;
}

export interface LedgerTransferTable {
  sequence: Generated<bigint>;
  /** Idempotency key of the posting. */
  id: Immutable<string>;
  kind: Immutable<TransferKind>;
  debit_id: Immutable<string>;
  credit_id: Immutable<string>;
  amount: Immutable<bigint>;
  request_id: Immutable<string | null>;
  order_id: Immutable<string | null>;
  at_ms: Immutable<bigint>;
}

export interface StatementLineTable {
  account_id: Immutable<string>;
  sequence: Immutable<bigint>;
  kind: Immutable<'topup' | 'usage' | 'adjustment' | 'refund' | 'grant'>;
  amount: Immutable<bigint>;
  balance_after: Immutable<bigint>;
  request_id: Immutable<string | null>;
  order_id: Immutable<string | null>;
  description: Immutable<string>;
  at_ms: Immutable<bigint>;
}

export interface HoldTable {
  request_id: Immutable<string>;
  account_id: Immutable<string>;
  amount: bigint;
  status: 'open' | 'settled' | 'released' | 'expired';
  owner_id: Immutable<string>;
  opened_at_ms: Immutable<bigint>;
  expires_at_ms: bigint;
  ended_at_ms: bigint | null;
}

export interface RequestTable {
  id: Immutable<string>;
  account_id: Immutable<string>;
  customer_key_id: Immutable<string>;
  created_at_ms: Immutable<bigint>;
  endpoint: Immutable<string>;
  dialect: Immutable<string>;
  model_requested: Immutable<string>;
  model_served: string | null;
  is_stream: Immutable<bigint>;
  catalogue_version: Immutable<string>;
  status: 'open' | 'settled' | 'released';
  settled_at_ms: bigint | null;
  outcome: string | null;
  http_status: bigint | null;
  error_code: string | null;
  finish_reason: string | null;
  /** JSON of the token buckets and of the unit prices, frozen at settlement. */
  usage: string | null;
  usage_source: 'provider' | 'estimated' | 'missing';
  unit_prices: string | null;
  input_tokens: bigint | null;
  output_tokens: bigint | null;
  held: bigint;
  cost: bigint;
  absorbed: bigint;
  balance_after: bigint | null;
  ledger_sequence: bigint | null;
  /** JSON of the upstream tries. */
  attempts: string | null;
}

export interface OrderTable {
  id: Immutable<string>;
  account_id: Immutable<string>;
  status: 'created' | 'paid_confirmed' | 'failed' | 'expired' | 'refunded';
  amount: Immutable<bigint>;
  created_at_ms: Immutable<bigint>;
  paid_at_ms: bigint | null;
  /** The payment provider's own id of the payment; unique, so that one payment credits once. */
  payment_id: string | null;
}

export interface Database {
  customer_accounts: CustomerAccountTable;
  customer_keys: CustomerKeyTable;
  ledger_accounts: LedgerAccountTable;
  ledger_transfers: LedgerTransferTable;
  statement_lines: StatementLineTable;
  holds: HoldTable;
  requests: RequestTable;
  orders: OrderTable;
}

export type RequestRow = Selectable<RequestTable>;
export type StatementLineRow = Selectable<StatementLineTable>;
export type OrderRow = Selectable<OrderTable>;
export type HoldRow = Selectable<HoldTable>;
export type CustomerKeyRow = Selectable<CustomerKeyTable>;

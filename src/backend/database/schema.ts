import type { ColumnType, Generated, Selectable } from 'kysely';
import type { KeyScope } from '#shared/account/keys.ts';
import type { BillingPlan } from '#shared/account/request-billing.ts';
import type { OrderStatus } from '#shared/account/orders.ts';
import type { TransferKind } from '../ledger/decide-transfer.ts';
import type { KeyLimitTables } from './tables/key-limits.ts';
import type { DocumentTables } from './tables/documents.ts';
import type { PriceVersionTables } from './tables/price-versions.ts';
import type { UnprocessedPaymentTables } from './tables/unprocessed-payments.ts';
import type { PoolTables } from './tables/pools.ts';
import type { MemberTables } from './tables/members.ts';
import type { Immutable } from './tables/immutable.ts';

// Money and times are 64-bit integers in both databases, read and bound as bigint, never as number.

export interface CustomerAccountTable {
  id: Immutable<string>;
  created_at_ms: Immutable<bigint>;
  /** The monthly cap; null: none. */
  monthly_cap: bigint | null;
  /** How its requests are charged. */
  billing_plan: Generated<BillingPlan>;
  /** The name its members gave it. */
  name: ColumnType<string | null, string | null | undefined, string | null>;
  /** The head of its chain of transfers. */
  chain_length: Generated<bigint>;
  chain_hash: Generated<string>;
  /** The head of its statement, and of the chain over its lines. */
  line_count: Generated<bigint>;
  line_hash: Generated<string>;
  /** The day (UTC) that `written_off` is of, and what was written off for it on that day. */
  write_off_day_ms: Generated<bigint>;
  written_off: Generated<bigint>;
  /** What its open requests may cost at most beyond their holds. */
  exposure: Generated<bigint>;
}

export interface MonthlySpendTable {
  account_id: Immutable<string>;
  /** By UTC. */
  month_start_ms: Immutable<bigint>;
  amount: bigint;
}

export interface CustomerKeyTable {
  id: Immutable<string>;
  account_id: Immutable<string>;
  /** SHA-256 of the key, hex. The key itself is not stored. */
  key_hash: Immutable<string>;
  hint: Immutable<string>;
  label: string;
  scope: Immutable<KeyScope>;
  created_at_ms: Immutable<bigint>;
  revoked_at_ms: bigint | null;
  /** JSON of what it may do; null: everything. */
  limits: ColumnType<string | null, string | null | undefined, string | null>;
  /** The member it belongs to; null: an owner's. */
  member_id: ColumnType<string | null, string | null | undefined, never>;
  /** The key in whose place it was made; null: it continues none. */
  replaces: Immutable<string | null>;
}

export interface LedgerAccountTable {
  id: Immutable<string>;
  /** null for platform accounts. */
  account_id: Immutable<string | null>;
  /** 1: the database itself refuses a balance below zero. */
  must_not_overdraw: Immutable<bigint>;
  /**
   * Credits minus debits of a customer's account; changed only by the trigger on ledger_transfers. Not kept for
   * platform accounts.
   */
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
  /** The account in whose chain it stands, its position there, and the hash over it and the one before. */
  account_id: Immutable<string>;
  chain_position: Immutable<bigint>;
  chain_hash: Immutable<string>;
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
  /** Of the request that it settles. */
  receipt_hash: Immutable<string | null>;
  /** The hash over this line and the one before. */
  line_hash: Immutable<string>;
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
  /** The key against whose caps and tokens per minute it counts; null for a key without any. */
  key_id: ColumnType<string | null, string | null | undefined, string | null>;
  /** What it counted as against the key's tokens per minute; null where there is no such limit. */
  counted_tokens: ColumnType<bigint | null, bigint | null | undefined, never>;
  /** What the request may cost at most beyond the amount. */
  exposure: Generated<bigint>;
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
  written_off: bigint;
  balance_after: bigint | null;
  ledger_sequence: bigint | null;
  /** JSON of the upstream attempts. */
  attempts: string | null;
  /** What the upstream charges the platform; null: not known. */
  upstream_cost: bigint | null;
  /** JSON of what turned its metered cost into its charge; null: nothing did. */
  billing: ColumnType<string | null, string | null | undefined, never>;
  /** JSON of the answers of several models that it was made of; null: one model answered. */
  parts: string | null;
  /** JSON of the credentials that were skipped, or asked last, because of their health; null: none. */
  skipped_upstreams: string | null;
}

export interface OrderTable {
  id: Immutable<string>;
  account_id: Immutable<string>;
  /** Who opened it: a customer in a checkout, or the account's automatic top-up. */
  origin: Immutable<'customer' | 'auto'>;
  status: OrderStatus;
  amount: Immutable<bigint>;
  created_at_ms: Immutable<bigint>;
  paid_at_ms: ColumnType<bigint | null, null, bigint>;
  /** The payment provider's own id of the payment; unique, so that one payment credits once. */
  payment_id: string | null;
  /** The provider's checkout for this order. */
  session_id: string | null;
  checkout_url: string | null;
  /** The saved method that an automatic top-up charges: the same one at each retry. */
  method_id: Immutable<string | null>;
  /** Why it failed or is in review, as a code. */
  failure: string | null;
  /** What was paid at the provider, tax included; null for play money and orders settled without a payment there. */
  paid_cents: ColumnType<bigint | null, null, bigint | null>;
  /** The provider's code of the currency that it was paid in: dollars, unless an operator accepted another one. */
  paid_currency: ColumnType<string | null, null, string | null>;
  /** How much of the credit was taken back, by reason; together never more than the amount. */
  refunded: Generated<bigint>;
  disputed: Generated<bigint>;
  /** What refunds and disputes cost the platform beyond the credit. */
  lost: Generated<bigint>;
  /** Counts the corrections after the credit; their postings' ids contain it. */
  steps: Generated<bigint>;
}

/** One row per received event of the provider. Its content, which has personal data, is not stored. */
export interface PaymentEventTable {
  id: Immutable<string>;
  type: Immutable<string>;
  created_s: Immutable<bigint>;
  received_at_ms: Immutable<bigint>;
  source: Immutable<'webhook' | 'reconciler'>;
  outcome: string;
}

/** A payment as the provider counts it. Facts may come before its order is known. */
export interface PaymentTable {
  id: Immutable<string>;
  order_id: string | null;
  /** The highest total that was ever reported as refunded. */
  refunded_cents: Generated<bigint>;
}

export interface PaymentRefundTable {
  id: Immutable<string>;
  payment_id: Immutable<string>;
  amount_cents: bigint;
  status: string;
  /** The provider's time of the newest fact, in seconds. */
  as_of_s: bigint;
}

export interface PaymentDisputeTable extends PaymentRefundTable {
  /** A refund is always in its payment's currency; a bank may dispute in another one. */
  currency: Immutable<string>;
}

export interface PaymentProfileTable {
  account_id: Immutable<string>;
  customer_id: string;
  /** The payment method that may be charged without the customer present. */
  method_id: ColumnType<string | null, null, string>;
  method_as_of_s: Generated<bigint>;
}

export interface AutoTopupTable {
  account_id: Immutable<string>;
  is_enabled: bigint;
  threshold: bigint;
  amount: bigint;
  monthly_cap: bigint;
  paused_reason: string | null;
  paused_at_ms: bigint | null;
}

export interface PaymentCursorTable {
  name: Immutable<string>;
  reached_s: bigint;
}

/** One change by an operator: written in the transaction of the change, never altered. */
export interface AuditEntryTable {
  sequence: Generated<bigint>;
  at_ms: Immutable<bigint>;
  operator: Immutable<string>;
  action: Immutable<string>;
  /** Id of what was changed. */
  subject: Immutable<string>;
  account_id: Immutable<string | null>;
  reason: Immutable<string>;
  /** JSON of what was changed, before and after; null where there was nothing. */
  before: Immutable<string | null>;
  after: Immutable<string | null>;
}

/** Money for an order that another payment, or an operator by hand, has settled. */
export interface OverpaymentTable {
  payment_id: Immutable<string>;
  order_id: Immutable<string>;
  paid_cents: Immutable<bigint>;
  paid_currency: Immutable<string>;
  seen_at_ms: Immutable<bigint>;
  /** When a refund or a dispute had taken all of it back. */
  returned_at_ms: bigint | null;
}

export interface Database
  extends DocumentTables, KeyLimitTables, PoolTables, MemberTables, PriceVersionTables, UnprocessedPaymentTables {
  monthly_spend: MonthlySpendTable;
  audit_entries: AuditEntryTable;
  overpayments: OverpaymentTable;
  customer_accounts: CustomerAccountTable;
  customer_keys: CustomerKeyTable;
  ledger_accounts: LedgerAccountTable;
  ledger_transfers: LedgerTransferTable;
  statement_lines: StatementLineTable;
  holds: HoldTable;
  requests: RequestTable;
  orders: OrderTable;
  payment_events: PaymentEventTable;
  payments: PaymentTable;
  payment_refunds: PaymentRefundTable;
  payment_disputes: PaymentDisputeTable;
  payment_profiles: PaymentProfileTable;
  auto_topups: AutoTopupTable;
  payment_cursors: PaymentCursorTable;
}

export type RequestRow = Selectable<RequestTable>;
export type LedgerTransferRow = Selectable<LedgerTransferTable>;
export type StatementLineRow = Selectable<StatementLineTable>;
export type OrderRow = Selectable<OrderTable>;
export type AutoTopupRow = Selectable<AutoTopupTable>;
export type PaymentProfileRow = Selectable<PaymentProfileTable>;
export type AuditEntryRow = Selectable<AuditEntryTable>;
export type OverpaymentRow = Selectable<OverpaymentTable>;
export type HoldRow = Selectable<HoldTable>;
export type CustomerAccountRow = Selectable<CustomerAccountTable>;
export type CustomerKeyRow = Selectable<CustomerKeyTable>;

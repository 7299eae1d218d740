/**
 * The ledger's accounts. A customer has two that can never be negative and one for debt; the platform has one per
 * reason.
 */
export const platformAccounts = {
  /** Source of paid money; its balance is minus what customers paid. */
  cash: 'platform:cash',
  /** Source of given money: grants and play money. */
  promotional: 'platform:promotional',
  revenue: 'platform:revenue',
  /** What the platform pays itself: cost above a hold, work that no customer was charged for. */
  writtenOff: 'platform:write_offs',
  /** What upstreams charge for requests; its balance is minus that. */
  upstreamCost: 'platform:upstream_cost',
  /** What the platform owes its upstreams for them. */
  payables: 'platform:payables',
  /** What was paid back to customers. */
  refunds: 'platform:refunds',
  /** Withdrawn by banks because customers disputed a payment. */
  disputes: 'platform:disputes',
} as const;

export const platformAccountIds: readonly string[] = Object.values(platformAccounts);

const customerAccount = /^customer:([^:]+):(?:available|held|owed)$/;

/** The customer whose ledger account this is; null: no one's. */
export function customerOf(ledgerAccountId: string): string | null {
  return customerAccount.exec(ledgerAccountId)?.[1] ?? null;
}

/** A customer's three ledger accounts. */
export interface CustomerLedgerIds {
  available: string;
  held: string;
  owed: string;
}

export function customerLedgerIds(accountId: string): CustomerLedgerIds {
  return { available: availableOf(accountId), held: heldOf(accountId), owed: owedOf(accountId) };
}

/** What a customer can spend on new requests. */
export function availableOf(accountId: string): string {
  return `customer:${accountId}:available`;
}

/** Reserved by requests under way. */
export function heldOf(accountId: string): string {
  return `customer:${accountId}:held`;
}

/** Minus what a customer owes: money that a refund or a dispute took back after it was spent. Never positive. */
export function owedOf(accountId: string): string {
  return `customer:${accountId}:owed`;
}

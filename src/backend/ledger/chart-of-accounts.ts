/** The ledger's accounts. A customer has two that can never go below zero and one for debt; the house has one per reason. */
export const platformAccounts = {
  /** Where paid money came from; its balance is minus what customers paid. */
  cash: 'platform:cash',
  /** Where given money came from: grants and play money. */
  promotional: 'platform:promotional',
  revenue: 'platform:revenue',
  /** What the house paid itself: cost above a hold, work nobody was charged for. */
  writtenOff: 'platform:write_offs',
  /** What upstreams took for requests; its balance is minus that. */
  upstreamCost: 'platform:upstream_cost',
  /** What the house owes its upstreams for them. */
  payables: 'platform:payables',
  /** What was paid back to customers. */
  refunds: 'platform:refunds',
  /** What banks have withdrawn because customers disputed a payment. */
  disputes: 'platform:disputes',
} as const;

export const platformAccountIds: readonly string[] = Object.values(platformAccounts);

/** What a customer can spend on new requests. */
export function availableOf(accountId: string): string {
  return `customer:${accountId}:available`;
}

/** What requests under way have reserved. */
export function heldOf(accountId: string): string {
  return `customer:${accountId}:held`;
}

/** Minus what a customer owes: money that a refund or a dispute took back after it was spent. Never above zero. */
export function owedOf(accountId: string): string {
  return `customer:${accountId}:owed`;
}

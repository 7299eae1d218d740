/** The ledger's accounts. A customer has two that can never go below zero and one for debt; the house has one per reason. */
export const house = {
  /** Where paid money came from; its balance is minus what customers paid. */
  cash: 'house:cash',
  /** Where given money came from: grants and play money. */
  promotional: 'house:promotional',
  revenue: 'house:revenue',
  /** What the house paid itself: cost above a hold, work nobody was charged for. */
  absorbed: 'house:absorbed',
  /** What upstreams took for requests; its balance is minus that. */
  upstreamCost: 'house:upstream_cost',
  /** What the house owes its upstreams for them. */
  payables: 'house:payables',
  /** What was paid back to customers. */
  refunds: 'house:refunds',
  /** What banks have withdrawn because customers disputed a payment. */
  disputes: 'house:disputes',
} as const;

export const houseAccountIds: readonly string[] = Object.values(house);

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

import type { LedgerLine } from './ledger.ts';
import type { Receipt, ReceiptPart } from './receipt.ts';

/**
 * The text that each hash of a statement covers: SHA-256 of it, in hex. A customer who keeps lines and receipts can
 * prove later that none was changed, left out or inserted. The members and their order never change.
 */
export function lineText(previousHash: string, line: Omit<LedgerLine, 'hash'>): string {
  const { sequence, at, kind, amount, balanceAfter, requestId, orderId, description, receiptHash } = line;
  return JSON.stringify([
    previousHash,
    sequence,
    at,
    kind,
    amount,
    balanceAfter,
    requestId,
    orderId,
    description,
    receiptHash ?? null,
  ]);
}

/** What a receipt's hash covers. */
export type ProvenFacts = Pick<
  Receipt,
  | 'requestId'
  | 'createdAt'
  | 'settledAt'
  | 'modelRequested'
  | 'modelServed'
  | 'usage'
  | 'usageSource'
  | 'unitPrices'
  | 'catalogueVersion'
  | 'held'
  | 'cost'
  | 'writtenOff'
  | 'balanceAfter'
  | 'ledgerSequence'
  | 'billing'
  | 'parts'
>;

/** What a settled request cost and why. */
export function receiptText(receipt: ProvenFacts): string {
  const {
    requestId,
    createdAt,
    settledAt,
    modelRequested,
    modelServed,
    usage,
    usageSource,
    unitPrices,
    catalogueVersion,
  } = receipt;
  const { held, cost, writtenOff, balanceAfter, ledgerSequence, billing, parts } = receipt;
  return JSON.stringify([
    requestId,
    createdAt,
    settledAt,
    modelRequested,
    modelServed,
    byName(usage),
    usageSource,
    byName(unitPrices),
    catalogueVersion,
    held,
    cost,
    writtenOff,
    balanceAfter,
    ledgerSequence,
    // Older receipts lack these members, and most others do not need them.
    ...(billing || parts ? [byName(billing ?? null), parts?.map(partText) ?? null] : []),
  ]);
}

function partText({ model, modelServed, usage, usageSource, unitPrices, cost }: ReceiptPart): unknown[] {
  return [model, modelServed, byName(usage), usageSource, byName(unitPrices), cost];
}

/** An object's members in an order that does not depend on its author. */
function byName(object: object | null): [string, unknown][] | null {
  return object && Object.entries(object).sort(([one], [other]) => (one < other ? -1 : 1));
}

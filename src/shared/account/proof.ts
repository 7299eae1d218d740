import type { LedgerLine } from './ledger.ts';
import type { Receipt, ReceiptPart } from './receipt.ts';

/**
 * What the hashes of a statement are taken over, as one text each: SHA-256 of it, in hex. Whoever keeps lines and receipts can prove later
 * that none of them was changed, left out or put in. The members and their order never change.
 */
export function lineText(previousHash: string, line: Omit<LedgerLine, 'hash'>): string {
  const { sequence, at, kind, amount, balanceAfter, requestId, orderId, description, receiptHash } = line;
  return JSON.stringify([previousHash, sequence, at, kind, amount, balanceAfter, requestId, orderId, description, receiptHash ?? null]);
}

/** What a settled request cost and why. */
export function receiptText(receipt: Receipt): string {
  const { requestId, createdAt, settledAt, modelRequested, modelServed, usage, usageSource, unitPrices, catalogueVersion } = receipt;
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
    // Receipts without these are older than they are, or have no need of them.
    ...(billing || parts ? [byName(billing ?? null), parts?.map(partText) ?? null] : []),
  ]);
}

function partText({ model, modelServed, usage, usageSource, unitPrices, cost }: ReceiptPart): unknown[] {
  return [model, modelServed, byName(usage), usageSource, byName(unitPrices), cost];
}

/** An object's members in an order that does not depend on who wrote it. */
function byName(object: object | null): [string, unknown][] | null {
  return object && Object.entries(object).sort(([one], [other]) => (one < other ? -1 : 1));
}

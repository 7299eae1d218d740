import type { Transfer } from './decide-transfer.ts';

/** The hashed text of a transfer: itself, its position in the account's chain, and the hash of the one before. */
export function transferText(previousHash: string, position: bigint, transfer: Transfer, atMs: number): string {
  const { id, kind, debitId, creditId, amount, requestId, orderId } = transfer;
  return JSON.stringify([
    previousHash,
    position.toString(),
    id,
    kind,
    debitId,
    creditId,
    amount.toString(),
    requestId,
    orderId,
    atMs,
  ]);
}

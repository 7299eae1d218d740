import type { Transfer } from './decide-transfer.ts';

/** What the hash of a movement is taken over: itself, its place in the account's books, and the hash of the one before. */
export function transferText(previousHash: string, position: bigint, transfer: Transfer, atMs: number): string {
  const { id, kind, debitId, creditId, amount, requestId, orderId } = transfer;
  return JSON.stringify([previousHash, position.toString(), id, kind, debitId, creditId, amount.toString(), requestId, orderId, atMs]);
}

import { type NanoUsd, nanoUsd } from '#shared/money.ts';
import type { Tx } from '../database/open-database.ts';
import { availableOf, owedOf } from '../ledger/chart-of-accounts.ts';
import { mustPost, readPurse } from './ledger-store.ts';

/** What a movement on a customer's debt belongs to. A cause moves the debt once each way. */
export interface DebtCause {
  accountId: string;
  cause: string;
  requestId: string | null;
  orderId: string | null;
  nowMs: number;
}

/** Money that has just become available goes to what is owed first. */
export async function repayDebt(tx: Tx, { accountId, cause, requestId, orderId, nowMs }: DebtCause): Promise<void> {
  const { available, owed } = await readPurse(tx, accountId);
  const amount = nanoUsd(available < owed ? available : owed);
  if (amount === 0n) return;
  const ends = { debitId: availableOf(accountId), creditId: owedOf(accountId) };
  await mustPost(tx, { id: `${cause}:repay`, kind: 'repay', ...ends, amount, requestId, orderId }, nowMs);
}

/** Makes at least this much available, as debt where it is not there: the only way a balance gets below zero. */
export async function lendUpTo(tx: Tx, amount: NanoUsd, { accountId, cause, requestId, orderId, nowMs }: DebtCause): Promise<void> {
  const { available } = await readPurse(tx, accountId);
  if (available >= amount) return;
  const ends = { debitId: owedOf(accountId), creditId: availableOf(accountId) };
  await mustPost(tx, { id: `${cause}:owe`, kind: 'owe', ...ends, amount: nanoUsd(amount - available), requestId, orderId }, nowMs);
}

import type { NanoUsd } from '#shared/money.ts';
import type { Tx } from '../database/open-database.ts';
import { availableOf, house } from '../ledger/chart-of-accounts.ts';
import { repayDebt } from '../store/debt-store.ts';
import { mustPost } from '../store/ledger-store.ts';
import { appendLine } from '../store/statement-store.ts';

export interface Grant {
  /** Idempotency key of the posting. */
  id: string;
  accountId: string;
  amount: NanoUsd;
  description: string;
  nowMs: number;
}

/** Gives an account money that nobody paid for. A debt is repaid from it first. */
export async function grantCredit(tx: Tx, { id, accountId, amount, description, nowMs }: Grant): Promise<void> {
  const ends = { debitId: house.promotional, creditId: availableOf(accountId) };
  await mustPost(tx, { id, kind: 'grant', ...ends, amount, requestId: null, orderId: null }, nowMs);
  await repayDebt(tx, { accountId, cause: id, requestId: null, orderId: null, nowMs });
  await appendLine(tx, { accountId, kind: 'grant', amount, requestId: null, orderId: null, description, nowMs });
}

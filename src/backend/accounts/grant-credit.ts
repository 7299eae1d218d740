import type { NanoUsd } from '#shared/money.ts';
import { availableOf, platformAccounts } from '../ledger/chart-of-accounts.ts';
import { settleDebt } from '../ledger/debt.ts';
import type { AccountLedger } from '../store/account-ledger.ts';

export interface Grant {
  /** Idempotency key of the posting. */
  id: string;
  amount: NanoUsd;
  description: string;
}

/** Gives an account promotional credit. Debt is settled from it first. */
export function grantCredit(ledger: AccountLedger, { id, amount, description }: Grant): void {
  const ends = { debitId: platformAccounts.promotional, creditId: availableOf(ledger.accountId) };
  ledger.post({ id, kind: 'grant', ...ends, amount, requestId: null, orderId: null });
  settleDebt(ledger, { cause: id, requestId: null, orderId: null });
  ledger.appendLine({ kind: 'grant', amount, requestId: null, orderId: null, description, receiptHash: null });
}

import type { NanoUsd } from '#shared/money.ts';
import { availableOf, house } from '../ledger/chart-of-accounts.ts';
import { repayDebt } from '../ledger/debt.ts';
import type { AccountBooks } from '../store/account-books.ts';

export interface Grant {
  /** Idempotency key of the posting. */
  id: string;
  amount: NanoUsd;
  description: string;
}

/** Gives an account money that nobody paid for. A debt is repaid from it first. */
export function grantCredit(books: AccountBooks, { id, amount, description }: Grant): void {
  const ends = { debitId: house.promotional, creditId: availableOf(books.accountId) };
  books.post({ id, kind: 'grant', ...ends, amount, requestId: null, orderId: null });
  repayDebt(books, { cause: id, requestId: null, orderId: null });
  books.appendLine({ kind: 'grant', amount, requestId: null, orderId: null, description, receiptHash: null });
}

import type { NanoUsd } from '#shared/money.ts';

export type TransferKind =
  | 'grant'
  | 'topup'
  | 'hold'
  | 'charge'
  | 'return'
  | 'absorb'
  | 'refund'
  | 'refund_return'
  | 'dispute'
  | 'dispute_return'
  | 'loss'
  | 'loss_return'
  | 'owe'
  | 'repay';

/** One movement of money: the same amount leaves one account and reaches another, so the books balance by construction. */
export interface Transfer {
  /** Idempotency key: the same id is the same movement, however often it is posted. */
  id: string;
  kind: TransferKind;
  debitId: string;
  creditId: string;
  amount: NanoUsd;
  requestId: string | null;
  orderId: string | null;
}

export interface LedgerAccountFacts {
  id: string;
  balance: NanoUsd;
  mustNotOverdraw: boolean;
}

export interface TransferFacts {
  /** An earlier posting under the same id. */
  earlier: Transfer | null;
  debit: LedgerAccountFacts | null;
  credit: LedgerAccountFacts | null;
}

export type TransferResult =
  | 'created'
  | 'replayed'
  | 'id_reused_with_other_input'
  | 'amount_must_be_positive'
  | 'accounts_must_differ'
  | 'debit_account_not_found'
  | 'credit_account_not_found'
  | 'insufficient_funds';

/** The accounting rules, in a fixed order. Each refusal has one name and one line in docs/ledger.md. */
export function decideTransfer(transfer: Transfer, { earlier, debit, credit }: TransferFacts): TransferResult {
  if (earlier) return inputOf(earlier) === inputOf(transfer) ? 'replayed' : 'id_reused_with_other_input';
  if (transfer.amount <= 0n) return 'amount_must_be_positive';
  if (transfer.debitId === transfer.creditId) return 'accounts_must_differ';
  if (!debit) return 'debit_account_not_found';
  if (!credit) return 'credit_account_not_found';
  if (debit.mustNotOverdraw && debit.balance < transfer.amount) return 'insufficient_funds';
  return 'created';
}

/** Everything that makes a posting what it is, as one text: two postings under one id must agree on it. */
function inputOf(transfer: Transfer): string {
  const { kind, debitId, creditId, amount, requestId, orderId } = transfer;
  return JSON.stringify([kind, debitId, creditId, amount.toString(), requestId, orderId]);
}

import type { NanoUsd } from '#shared/money.ts';

export type TransferKind =
  | 'grant'
  | 'topup'
  | 'hold'
  | 'charge'
  | 'adjust'
  | 'return'
  | 'write_off'
  | 'cost'
  | 'refund'
  | 'refund_return'
  | 'dispute'
  | 'dispute_return'
  | 'loss'
  | 'loss_return'
  | 'owe'
  | 'repay';

/**
 * One movement of money: the same amount leaves one account and reaches another, so the ledger balances by
 * construction.
 */
export interface Transfer {
  /** Idempotency key: the database takes it once, so one cause cannot move money twice. */
  id: string;
  kind: TransferKind;
  debitId: string;
  creditId: string;
  amount: NanoUsd;
  requestId: string | null;
  orderId: string | null;
}

export interface LedgerAccountFacts {
  balance: NanoUsd;
  mustNotOverdraw: boolean;
}

export interface TransferFacts {
  debit: LedgerAccountFacts | null;
  credit: LedgerAccountFacts | null;
}

export type TransferResult =
  | 'created'
  | 'amount_must_be_positive'
  | 'accounts_must_differ'
  | 'debit_account_not_found'
  | 'credit_account_not_found'
  | 'insufficient_funds';

/** The accounting rules, in a fixed order. Each refusal has one name and one line in docs/ledger.md. */
export function decideTransfer(transfer: Transfer, { debit, credit }: TransferFacts): TransferResult {
  if (transfer.amount <= 0n) return 'amount_must_be_positive';
  if (transfer.debitId === transfer.creditId) return 'accounts_must_differ';
  if (!debit) return 'debit_account_not_found';
  if (!credit) return 'credit_account_not_found';
  if (debit.mustNotOverdraw && debit.balance < transfer.amount) return 'insufficient_funds';
  return 'created';
}

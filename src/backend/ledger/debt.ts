import { lesserOf, nanoUsd, type NanoUsd } from '#shared/money.ts';
import { availableOf, owedOf } from './chart-of-accounts.ts';
import type { Funds } from './decide-hold.ts';
import type { Transfer } from './decide-transfer.ts';

/** The ledger as far as a debt needs it. */
interface DebtLedger {
  readonly accountId: string;
  readonly funds: Funds;
  post(transfer: Transfer): void;
}

/** The cause of a debt movement. A cause moves the debt once each way. */
export interface DebtCause {
  cause: string;
  requestId: string | null;
  orderId: string | null;
}

/** New available money settles debt first. */
export function settleDebt(ledger: DebtLedger, { cause, requestId, orderId }: DebtCause): void {
  const { available, owed } = ledger.funds;
  const amount = lesserOf(available, owed);
  if (amount === 0n) return;
  const ends = { debitId: availableOf(ledger.accountId), creditId: owedOf(ledger.accountId) };
  ledger.post({ id: `${cause}:repay`, kind: 'repay', ...ends, amount, requestId, orderId });
}

/** Makes at least this much available, as debt where it is not there: the only way a balance becomes negative. */
export function advanceUpTo(ledger: DebtLedger, amount: NanoUsd, { cause, requestId, orderId }: DebtCause): void {
  const { available } = ledger.funds;
  if (available >= amount) return;
  const ends = { debitId: owedOf(ledger.accountId), creditId: availableOf(ledger.accountId) };
  ledger.post({ id: `${cause}:owe`, kind: 'owe', ...ends, amount: nanoUsd(amount - available), requestId, orderId });
}

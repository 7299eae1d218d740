import type { OrderStatus } from '#shared/account/orders.ts';
import { nanoUsd } from '#shared/money.ts';
import type { Tx } from '../../database/open-database.ts';
import type { OrderRow } from '../../database/schema.ts';
import { availableOf, platformAccounts } from '../../ledger/chart-of-accounts.ts';
import { settleDebt } from '../../ledger/debt.ts';
import { issueInvoice } from '../../documents/issue-documents.ts';
import { withAccountLedger } from '../../store/account-ledger.ts';
import { markPaid, type PaidAmount } from '../../store/order-store.ts';
import { settlePosition } from './settle-position.ts';

export interface Credit {
  orderId: string;
  /** The payment's id at the provider or seller: one payment credits once. */
  paymentId: string;
  /** What was paid at the provider, with the tax in it where that is known; null: nothing was paid there. */
  paid: (PaidAmount & { taxCents: bigint | null }) | null;
  /** Play money comes from the promotional account, paid money from cash. */
  isPlayMoney: boolean;
  nowMs: number;
}

/** Money that has arrived is credited, even if the order had been given up before. */
const creditableFrom: readonly OrderStatus[] = ['created', 'pending', 'expired', 'failed'];

/**
 * Credits an order's account with the order's amount, less what refunds and disputes have taken of its payment already;
 * null when that was done before or is not allowed.
 */
export async function creditOrder(
  tx: Tx,
  credit: Credit,
  from: readonly OrderStatus[] = creditableFrom,
): Promise<OrderRow | null> {
  const { orderId, nowMs, isPlayMoney } = credit;
  const order = await markPaid(tx, orderId, credit, from);
  if (!order) return null;
  const accountId = order.account_id;
  const amount = nanoUsd(order.amount);
  const ends = {
    debitId: isPlayMoney ? platformAccounts.promotional : platformAccounts.cash,
    creditId: availableOf(accountId),
  };
  const name = order.origin === 'auto' ? 'Automatic top-up' : 'Top-up';
  const description = isPlayMoney ? `${name} (play money)` : name;
  await withAccountLedger(tx, accountId, nowMs, async (ledger) => {
    ledger.post({ id: `${orderId}:topup`, kind: 'topup', ...ends, amount, requestId: null, orderId });
    settleDebt(ledger, { cause: `${orderId}:topup`, requestId: null, orderId });
    ledger.appendLine({ kind: 'topup', amount, requestId: null, orderId, description, receiptHash: null });
  });
  if (!isPlayMoney) await issueInvoice(tx, order, credit.paid?.taxCents ?? null, nowMs);
  await settlePosition(tx, order, nowMs);
  return order;
}

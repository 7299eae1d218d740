import { nanoUsd } from '#shared/money.ts';
import type { Db } from '../database/open-database.ts';
import type { OrderRow } from '../database/schema.ts';
import { availableOf, house } from '../ledger/chart-of-accounts.ts';
import { mustPost } from '../store/ledger-store.ts';
import { findOrder, markPaid } from '../store/order-store.ts';
import { appendLine } from '../store/statement-store.ts';

export type ConfirmResult =
  | { kind: 'credited' | 'credited_before'; order: OrderRow }
  | { kind: 'not_found' }
  | { kind: 'not_payable'; order: OrderRow };

export interface Payment {
  orderId: string;
  /** The payment's id at whoever took the money: one payment credits once. */
  paymentId: string;
  /** Play money comes from the promotional account, paid money from cash. */
  isPlayMoney: boolean;
  nowMs: number;
}

/** Credits an order's account. Told any number of times, by whomever, an order is credited once. */
export function confirmOrderPaid(db: Db, payment: Payment): Promise<ConfirmResult> {
  const { orderId, nowMs } = payment;
  return db.transaction().execute(async (tx) => {
    const order = await markPaid(tx, orderId, payment.paymentId, nowMs);
    if (!order) {
      const found = await findOrder(tx, orderId);
      if (!found) return { kind: 'not_found' };
      return { kind: found.status === 'paid_confirmed' ? 'credited_before' : 'not_payable', order: found };
    }
    const accountId = order.account_id;
    const amount = nanoUsd(order.amount);
    const ends = { debitId: payment.isPlayMoney ? house.promotional : house.cash, creditId: availableOf(accountId) };
    await mustPost(tx, { id: `${orderId}:topup`, kind: 'topup', ...ends, amount, requestId: null, orderId }, nowMs);
    const description = payment.isPlayMoney ? 'Top-up (play money)' : 'Top-up';
    await appendLine(tx, { accountId, kind: 'topup', amount, requestId: null, orderId, description, nowMs });
    return { kind: 'credited', order };
  });
}

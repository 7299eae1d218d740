import { inTransaction } from '../../database/in-transaction.ts';
import type { Db } from '../../database/open-database.ts';
import type { OrderRow } from '../../database/schema.ts';
import { lockOrder, isCredited } from '../../store/order-store.ts';
import { creditOrder } from './credit-order.ts';

export type ConfirmResult =
  | { kind: 'credited' | 'credited_before'; order: OrderRow }
  | { kind: 'not_found' }
  | { kind: 'not_payable'; order: OrderRow };

export interface Payment {
  orderId: string;
  paymentId: string;
  isPlayMoney: boolean;
  nowMs: number;
}

/**
 * Credits an open order's account, by hand or by the test checkout. An order is credited once, however often this is
 * called.
 */
export function confirmOrderPaid(db: Db, payment: Payment): Promise<ConfirmResult> {
  return inTransaction(db, async (tx) => {
    const order = await lockOrder(tx, payment.orderId);
    if (!order) return { kind: 'not_found' };
    const credited = await creditOrder(tx, { ...payment, paid: null }, ['created', 'pending', 'in_review']);
    if (credited) return { kind: 'credited', order: credited };
    return { kind: isCredited(order) ? 'credited_before' : 'not_payable', order };
  });
}

import type { Db, Tx } from '../../database/open-database.ts';
import type { OverpaymentRow } from '../../database/schema.ts';
import type { PaidAmount } from '../../store/order-store.ts';
import { readMoneyBack } from '../payments/payment-store.ts';

/** Records money that came for an order which had been settled; once, however often it is reported. */
export async function recordOverpayment(
  tx: Tx,
  overpayment: { paymentId: string; orderId: string; paid: PaidAmount; nowMs: number },
): Promise<void> {
  await tx
    .insertInto('overpayments')
    .values({
      payment_id: overpayment.paymentId,
      order_id: overpayment.orderId,
      paid_cents: overpayment.paid.cents,
      paid_currency: overpayment.paid.currency,
      seen_at_ms: BigInt(overpayment.nowMs),
      returned_at_ms: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Overpayments of these orders that still have to be paid back. */
export async function listOverpayments(db: Db | Tx, orderIds: readonly string[]): Promise<OverpaymentRow[]> {
  if (orderIds.length === 0) return [];
  return db
    .selectFrom('overpayments')
    .selectAll()
    .where('order_id', 'in', orderIds)
    .where('returned_at_ms', 'is', null)
    .execute();
}

/**
 * An overpayment is settled when all of it went back, by refunds, wherever they were made, or because the bank took it.
 * A failed refund and a dispute that is won open it again.
 */
export async function settleOverpayment(tx: Tx, paymentId: string, nowMs: number): Promise<void> {
  const overpayment = await tx
    .selectFrom('overpayments')
    .selectAll()
    .where('payment_id', '=', paymentId)
    .executeTakeFirst();
  if (!overpayment) return;
  const { refundedCents, disputedCents } = await readMoneyBack(tx, paymentId, overpayment.paid_currency);
  const isDone = refundedCents + disputedCents >= overpayment.paid_cents;
  if (isDone === (overpayment.returned_at_ms !== null)) return;
  await tx
    .updateTable('overpayments')
    .set({ returned_at_ms: isDone ? BigInt(nowMs) : null })
    .where('payment_id', '=', paymentId)
    .execute();
}

import type { Db, Tx } from '../../database/open-database.ts';
import type { OverpaymentRow } from '../../database/schema.ts';
import { readRefundedCents } from '../payments/payment-store.ts';

/** Records money that came for an order which had been settled; once, however often it is reported. */
export async function recordOverpayment(
  tx: Tx,
  overpayment: { paymentId: string; orderId: string; paidCents: number; nowMs: number },
): Promise<void> {
  await tx
    .insertInto('overpayments')
    .values({
      payment_id: overpayment.paymentId,
      order_id: overpayment.orderId,
      paid_cents: BigInt(overpayment.paidCents),
      seen_at_ms: BigInt(overpayment.nowMs),
      refunded_at_ms: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Overpayments of these orders that still have to be refunded. */
export async function listOverpayments(db: Db | Tx, orderIds: readonly string[]): Promise<OverpaymentRow[]> {
  if (orderIds.length === 0) return [];
  return db
    .selectFrom('overpayments')
    .selectAll()
    .where('order_id', 'in', orderIds)
    .where('refunded_at_ms', 'is', null)
    .execute();
}

/** An overpayment is settled when all of it was refunded, wherever that was done. A failed refund opens it again. */
export async function settleOverpayment(tx: Tx, paymentId: string, nowMs: number): Promise<void> {
  const overpayment = await tx
    .selectFrom('overpayments')
    .selectAll()
    .where('payment_id', '=', paymentId)
    .executeTakeFirst();
  if (!overpayment) return;
  const isDone = (await readRefundedCents(tx, paymentId)) >= overpayment.paid_cents;
  if (isDone === (overpayment.refunded_at_ms !== null)) return;
  await tx
    .updateTable('overpayments')
    .set({ refunded_at_ms: isDone ? BigInt(nowMs) : null })
    .where('payment_id', '=', paymentId)
    .execute();
}

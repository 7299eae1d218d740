import type { Db, Tx } from '../database/open-database.ts';
import type { SurplusPaymentRow } from '../database/schema.ts';
import { readMoneyBack } from './payment-store.ts';

/** Remembers money that came for an order which had been settled; once, however often it is reported. */
export async function recordSurplus(
  tx: Tx,
  surplus: { paymentId: string; orderId: string; paidCents: number; nowMs: number },
): Promise<void> {
  await tx
    .insertInto('surplus_payments')
    .values({
      payment_id: surplus.paymentId,
      order_id: surplus.orderId,
      paid_cents: BigInt(surplus.paidCents),
      seen_at_ms: BigInt(surplus.nowMs),
      refunded_at_ms: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Money that somebody has to pay back, of these orders. */
export async function listSurplus(db: Db | Tx, orderIds: readonly string[]): Promise<SurplusPaymentRow[]> {
  if (orderIds.length === 0) return [];
  return db.selectFrom('surplus_payments').selectAll().where('order_id', 'in', orderIds).where('refunded_at_ms', 'is', null).execute();
}

/** A surplus payment is done with when all of it went back, wherever that was asked for; a refund that failed opens it again. */
export async function settleSurplus(tx: Tx, paymentId: string, nowMs: number): Promise<void> {
  const surplus = await tx.selectFrom('surplus_payments').selectAll().where('payment_id', '=', paymentId).executeTakeFirst();
  if (!surplus) return;
  const { refundedCents } = await readMoneyBack(tx, paymentId);
  const isDone = refundedCents >= surplus.paid_cents;
  if (isDone === (surplus.refunded_at_ms !== null)) return;
  await tx
    .updateTable('surplus_payments')
    .set({ refunded_at_ms: isDone ? BigInt(nowMs) : null })
    .where('payment_id', '=', paymentId)
    .execute();
}

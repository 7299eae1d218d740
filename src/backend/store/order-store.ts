import type { NanoUsd } from '#shared/money.ts';
import type { Db, Tx } from '../database/open-database.ts';
import type { OrderRow } from '../database/schema.ts';

export async function insertOrder(db: Db, order: { id: string; accountId: string; amount: NanoUsd; nowMs: number }): Promise<OrderRow> {
  return db
    .insertInto('orders')
    .values({
      id: order.id,
      account_id: order.accountId,
      status: 'created',
      amount: order.amount,
      created_at_ms: BigInt(order.nowMs),
      paid_at_ms: null,
      payment_id: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function findOrder(db: Db | Tx, orderId: string): Promise<OrderRow | null> {
  const row = await db.selectFrom('orders').selectAll().where('id', '=', orderId).executeTakeFirst();
  return row ?? null;
}

export async function listOrders(db: Db, accountId: string, limit: number): Promise<OrderRow[]> {
  return db
    .selectFrom('orders')
    .selectAll()
    .where('account_id', '=', accountId)
    .orderBy('created_at_ms', 'desc')
    .orderBy('id', 'desc')
    .limit(BigInt(limit))
    .execute();
}

/** Moves an order from created to paid; null when it is in another state already. */
export async function markPaid(tx: Tx, orderId: string, paymentId: string, nowMs: number): Promise<OrderRow | null> {
  const row = await tx
    .updateTable('orders')
    .set({ status: 'paid_confirmed', paid_at_ms: BigInt(nowMs), payment_id: paymentId })
    .where('id', '=', orderId)
    .where('status', '=', 'created')
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}

import type { OrderStatus } from '#shared/account/orders.ts';
import type { NanoUsd } from '#shared/money.ts';
import type { Db, Tx } from '../database/open-database.ts';
import { rowLock } from '../database/is-postgres.ts';
import type { OrderRow } from '../database/schema.ts';

export interface NewOrder {
  id: string;
  accountId: string;
  amount: NanoUsd;
  nowMs: number;
  /** Only for an automatic top-up: the payment method it charges. */
  methodId?: string;
}

/** The payment provider's code of US dollars, in which orders are made. */
export const orderCurrency = 'usd';

/** What was paid for an order at the payment provider. */
export interface PaidAmount {
  /** The whole amount, tax included. */
  cents: bigint;
  currency: string;
}

/** Why an order failed that an operator reviewed and did not credit. */
export const refusedByOperator = 'refused';

/** States in which nothing was credited, in the order in which they replace each other. */
const uncredited: readonly OrderStatus[] = ['created', 'pending', 'expired', 'failed', 'in_review'];

export async function insertOrder(db: Db | Tx, order: NewOrder): Promise<OrderRow> {
  return db
    .insertInto('orders')
    .values({
      id: order.id,
      account_id: order.accountId,
      origin: order.methodId === undefined ? 'customer' : 'auto',
      method_id: order.methodId ?? null,
      status: 'created',
      amount: order.amount,
      created_at_ms: BigInt(order.nowMs),
      paid_at_ms: null,
      payment_id: null,
      session_id: null,
      checkout_url: null,
      failure: null,
      paid_cents: null,
      paid_currency: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function findOrder(db: Db | Tx, orderId: string): Promise<OrderRow | null> {
  const row = await db.selectFrom('orders').selectAll().where('id', '=', orderId).executeTakeFirst();
  return row ?? null;
}

/** The same, locked until the transaction ends. */
export async function lockOrder(tx: Tx, orderId: string): Promise<OrderRow | null> {
  const row = await tx.selectFrom('orders').selectAll().where('id', '=', orderId).$call(rowLock(tx)).executeTakeFirst();
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

const open: readonly OrderStatus[] = ['created', 'pending'];

/** Where a list of open orders continues. */
export interface OrderPlace {
  createdAtMs: bigint;
  id: string;
}

/** Orders that wait for money, oldest first, after a position. */
export function listOpenOrders(db: Db, after: OrderPlace | null, limit: number): Promise<OrderRow[]> {
  return listAfter(ordersIn(db, open), after, limit);
}

/** Automatic top-ups of which it is not known whether they were charged, oldest first, after a position. */
export function listUnclearCharges(db: Db, after: OrderPlace | null, limit: number): Promise<OrderRow[]> {
  return listAfter(ordersIn(db, ['created']).where('origin', '=', 'auto'), after, limit);
}

const ordersIn = (db: Db, states: readonly OrderStatus[]) =>
  db.selectFrom('orders').selectAll().where('status', 'in', states);

async function listAfter(
  orders: ReturnType<typeof ordersIn>,
  after: OrderPlace | null,
  limit: number,
): Promise<OrderRow[]> {
  const next = after
    ? orders.where(({ eb, refTuple, tuple }) =>
        eb(refTuple('created_at_ms', 'id'), '>', tuple(after.createdAtMs, after.id)),
      )
    : orders;
  return next.orderBy('created_at_ms').orderBy('id').limit(BigInt(limit)).execute();
}

/** How many orders of an account wait for money. */
export async function openOrdersOf(tx: Tx, accountId: string): Promise<number> {
  const { count } = await tx
    .selectFrom('orders')
    .select(({ fn }) => fn.countAll<bigint>().as('count'))
    .where('account_id', '=', accountId)
    .where('origin', '=', 'customer')
    .where('status', 'in', open)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/**
 * How many of an account's newest orders, at most so many, were opened since a moment, and when the oldest of them was.
 */
export async function ordersSince(
  tx: Tx,
  accountId: string,
  sinceMs: number,
  most: number,
): Promise<{ count: number; oldestMs: number }> {
  const rows = await tx
    .selectFrom('orders')
    .select('created_at_ms')
    .where('account_id', '=', accountId)
    .where('origin', '=', 'customer')
    .where('created_at_ms', '>', BigInt(sinceMs))
    .orderBy('created_at_ms', 'desc')
    .limit(BigInt(most))
    .execute();
  return { count: rows.length, oldestMs: Number(rows.at(-1)?.created_at_ms ?? 0n) };
}

export function isCredited(order: OrderRow): boolean {
  return !uncredited.includes(order.status);
}

export async function setCheckout(
  db: Db,
  orderId: string,
  checkout: { sessionId: string; url: string },
): Promise<OrderRow> {
  return db
    .updateTable('orders')
    .set({ session_id: checkout.sessionId, checkout_url: checkout.url })
    .where('id', '=', orderId)
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Moves an uncredited order to a later state; never back, so that late events change nothing. */
export async function advanceOrder(
  db: Db | Tx,
  orderId: string,
  status: OrderStatus,
  failure: string | null,
): Promise<boolean> {
  const earlier = uncredited.slice(0, uncredited.indexOf(status));
  if (earlier.length === 0) return false;
  const { numUpdatedRows } = await db
    .updateTable('orders')
    .set({ status, failure })
    .where('id', '=', orderId)
    .where('status', 'in', earlier)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Moves an order to paid; null when it was credited before or may not be credited. */
export async function markPaid(
  tx: Tx,
  orderId: string,
  payment: { paymentId: string; paid: PaidAmount | null; nowMs: number },
  from: readonly OrderStatus[],
): Promise<OrderRow | null> {
  const row = await tx
    .updateTable('orders')
    .set({
      status: 'paid_confirmed',
      paid_at_ms: BigInt(payment.nowMs),
      payment_id: payment.paymentId,
      paid_cents: payment.paid?.cents ?? null,
      paid_currency: payment.paid?.currency ?? null,
      failure: null,
    })
    .where('id', '=', orderId)
    .where('status', 'in', from)
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}

/** Where a credited order stands after refunds and disputes. */
export async function setPosition(
  tx: Tx,
  orderId: string,
  position: { status: OrderStatus; refunded: NanoUsd; disputed: NanoUsd; lost: NanoUsd; steps: bigint },
): Promise<void> {
  await tx.updateTable('orders').set(position).where('id', '=', orderId).execute();
}

import type { OrderStatus } from '#shared/account/orders.ts';
import { nanoUsd, usdText } from '#shared/money.ts';
import { isoTime } from '#shared/time.ts';
import type { Db } from '../../database/open-database.ts';
import type { OrderRow } from '../../database/schema.ts';
import { listOverpayments } from './overpayment-store.ts';

export interface OrderReport {
  orderId: string;
  accountId: string;
  origin: 'customer' | 'auto';
  status: OrderStatus;
  failure: string | null;
  amount: string;
  takenBack: string;
  createdAt: string;
  paidAt: string | null;
  /** The payment that credited it. */
  paymentId: string | null;
  /** All payments that were reported for it, the one above among them. */
  payments: string[];
  /** Payments that came although it was settled, and are not refunded yet. */
  paidTwice: string[];
}

export interface OrderFilter {
  /** `attention`: orders that an operator has to decide about. */
  show: OrderStatus | 'attention' | 'all';
  /** An order, account, payment or checkout id; empty for any. */
  text: string;
  limit: number;
}

/** Orders, newest first. */
export async function listOrderReports(db: Db, { show, text, limit }: OrderFilter): Promise<OrderReport[]> {
  let query = db.selectFrom('orders').selectAll();
  if (show === 'attention') {
    const overpayment = db.selectFrom('overpayments').select('order_id').where('returned_at_ms', 'is', null);
    query = query.where((where) => where.or([where('status', '=', 'in_review'), where('id', 'in', overpayment)]));
  } else if (show !== 'all') query = query.where('status', '=', show);
  if (text !== '') {
    const paid = db.selectFrom('payments').select('order_id').where('id', '=', text).where('order_id', 'is not', null);
    query = query.where((where) =>
      where.or([
        where('id', '=', text),
        where('account_id', '=', text),
        where('session_id', '=', text),
        where('id', 'in', paid),
      ]),
    );
  }
  const rows = await query.orderBy('created_at_ms', 'desc').orderBy('id', 'desc').limit(BigInt(limit)).execute();
  return reportsOf(db, rows);
}

/** How many orders an operator has to decide about. */
export async function countAttention(db: Db): Promise<number> {
  return (await listOrderReports(db, { show: 'attention', text: '', limit: 1000 })).length;
}

async function reportsOf(db: Db, rows: readonly OrderRow[]): Promise<OrderReport[]> {
  const ids = rows.map(({ id }) => id);
  const overpayment = await listOverpayments(db, ids);
  const payments =
    ids.length === 0
      ? []
      : await db.selectFrom('payments').select(['id', 'order_id']).where('order_id', 'in', ids).orderBy('id').execute();
  return rows.map((row) => ({
    orderId: row.id,
    accountId: row.account_id,
    origin: row.origin,
    status: row.status,
    failure: row.failure,
    amount: usdText(nanoUsd(row.amount)),
    takenBack: usdText(nanoUsd(row.refunded + row.disputed)),
    createdAt: isoTime(row.created_at_ms),
    paidAt: row.paid_at_ms === null ? null : isoTime(row.paid_at_ms),
    paymentId: row.payment_id,
    payments: payments.filter(({ order_id }) => order_id === row.id).map(({ id }) => id),
    paidTwice: overpayment.filter(({ order_id }) => order_id === row.id).map(({ payment_id }) => payment_id),
  }));
}

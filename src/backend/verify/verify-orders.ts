import { sql } from 'kysely';
import { knownPosition } from '../billing/orders/settle-position.ts';
import type { Db } from '../database/open-database.ts';
import { isCredited } from '../store/order-store.ts';

interface OrderSums {
  id: string;
  credited: bigint;
  credits: bigint;
  refunded: bigint;
  disputed: bigint;
  lost: bigint;
}

/**
 * Every order is credited once or not at all, and what was taken back is what its payment's refunds and disputes say.
 */
export async function orderFaults(db: Db): Promise<string[]> {
  const { rows } = await sql<OrderSums>`
    select o.id,
      coalesce(sum(case when t.kind = 'topup' then t.amount end), 0) as credited,
      count(case when t.kind = 'topup' then 1 end) as credits,
      coalesce(sum(case t.kind when 'refund' then t.amount when 'refund_return' then -t.amount end), 0) as refunded,
      coalesce(sum(case t.kind when 'dispute' then t.amount when 'dispute_return' then -t.amount end), 0) as disputed,
      coalesce(sum(case t.kind when 'loss' then t.amount when 'loss_return' then -t.amount end), 0) as lost
    from orders o left join ledger_transfers t on t.order_id = o.id
    group by o.id`.execute(db);
  const touched = await paymentsWithMoneyBack(db);
  const sums = new Map(rows.map((row) => [row.id, row]));
  const faults: string[] = [];
  for (const order of await db.selectFrom('orders').selectAll().execute()) {
    const sum = sums.get(order.id);
    if (!sum) continue;
    const credit = isCredited(order) ? order.amount : 0n;
    if (sum.credited !== credit || sum.credits > 1n)
      faults.push(`${order.id} is ${order.status}; the ledger credited ${sum.credited} in ${sum.credits} postings.`);
    for (const part of ['refunded', 'disputed', 'lost'] as const) {
      if (sum[part] !== order[part])
        faults.push(`${order.id} has ${part} ${order[part]}; the ledger says ${sum[part]}.`);
    }
    const isTouched = order.payment_id !== null && touched.has(order.payment_id);
    const known = isCredited(order) && isTouched ? await knownPosition(db, order) : null;
    if (
      known &&
      (known.refunded !== order.refunded || known.disputed !== order.disputed || known.lost !== order.lost)
    ) {
      faults.push(`${order.id} does not stand where its refunds and disputes put it.`);
    }
  }
  return faults;
}

async function paymentsWithMoneyBack(db: Db): Promise<Set<string>> {
  const { rows } = await sql<{ id: string }>`
    select payment_id as id from payment_refunds union select payment_id from payment_disputes
    union select id from payments where refunded_cents > 0`.execute(db);
  return new Set(rows.map(({ id }) => id));
}

import type { Db, Tx } from '../../database/open-database.ts';
import { rowLock } from '../../database/is-postgres.ts';
import { isDisputeEffective, isDisputeLost, isNewer, isRefundEffective, type PaymentFact } from './payment-facts.ts';

export interface ReceivedEvent {
  id: string;
  type: string;
  createdS: number;
  source: 'webhook' | 'reconciler';
  nowMs: number;
}

/** False when this event was received before. */
export async function recordEvent(tx: Tx, event: ReceivedEvent): Promise<boolean> {
  const row = await tx
    .insertInto('payment_events')
    .values({
      id: event.id,
      type: event.type,
      created_s: BigInt(event.createdS),
      received_at_ms: BigInt(event.nowMs),
      source: event.source,
      outcome: 'ignored',
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

export async function setEventOutcome(tx: Tx, eventId: string, outcome: string): Promise<void> {
  await tx.updateTable('payment_events').set({ outcome }).where('id', '=', eventId).execute();
}

/**
 * Records a payment. Its order may become known later, and never changes then. Other transactions with facts about this
 * payment wait until this one ends.
 */
export async function recordPayment(tx: Tx, paymentId: string, orderId: string | null): Promise<void> {
  await tx
    .insertInto('payments')
    .values({ id: paymentId, order_id: orderId })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await tx.selectFrom('payments').select('id').where('id', '=', paymentId).$call(rowLock(tx)).execute();
  if (orderId === null) return;
  await tx
    .updateTable('payments')
    .set({ order_id: orderId })
    .where('id', '=', paymentId)
    .where('order_id', 'is', null)
    .execute();
}

export async function orderOfPayment(tx: Tx, paymentId: string): Promise<string | null> {
  const row = await tx.selectFrom('payments').select('order_id').where('id', '=', paymentId).executeTakeFirst();
  return row?.order_id ?? null;
}

/** The ids of everything ever reported as a payment of this order. */
export async function paymentsOfOrder(db: Db | Tx, orderId: string): Promise<string[]> {
  const rows = await db.selectFrom('payments').select('id').where('order_id', '=', orderId).orderBy('id').execute();
  return rows.map(({ id }) => id);
}

export async function recordRefundedTotal(tx: Tx, paymentId: string, refundedCents: number): Promise<void> {
  await tx
    .updateTable('payments')
    .set({ refunded_cents: BigInt(refundedCents) })
    .where('id', '=', paymentId)
    .where('refunded_cents', '<', BigInt(refundedCents))
    .execute();
}

/** Keeps the newest fact about one refund or dispute. */
export async function recordMoneyBack(
  tx: Tx,
  fact: Extract<PaymentFact, { kind: 'refund' | 'dispute' }>,
): Promise<void> {
  const table = fact.kind === 'refund' ? 'payment_refunds' : 'payment_disputes';
  const known = await tx.selectFrom(table).selectAll().where('id', '=', fact.id).executeTakeFirst();
  const state = { status: fact.status, amount_cents: BigInt(fact.amountCents), as_of_s: BigInt(fact.asOfS) };
  if (!known) {
    const row = { id: fact.id, payment_id: fact.paymentId, ...state };
    if (fact.kind === 'refund') await tx.insertInto('payment_refunds').values(row).execute();
    else
      await tx
        .insertInto('payment_disputes')
        .values({ ...row, currency: fact.currency })
        .execute();
  } else if (isNewer(fact.kind, fact, { status: known.status, asOfS: Number(known.as_of_s) })) {
    await tx.updateTable(table).set(state).where('id', '=', fact.id).execute();
  }
}

/** How many refunds of a payment have failed. */
export async function countFailedRefunds(db: Db, paymentId: string): Promise<number> {
  const refunds = await db.selectFrom('payment_refunds').select('status').where('payment_id', '=', paymentId).execute();
  return refunds.filter(({ status }) => !isRefundEffective(status)).length;
}

export interface MoneyBackSums {
  refundedCents: bigint;
  disputedCents: bigint;
  hasLostDispute: boolean;
  hasOpenDispute: boolean;
}

/** The present sums of a payment's refunds and disputes, in cents of the currency that it was paid in. */
export async function readMoneyBack(db: Db | Tx, paymentId: string, currency: string): Promise<MoneyBackSums> {
  const payment = await db
    .selectFrom('payments')
    .select('refunded_cents')
    .where('id', '=', paymentId)
    .executeTakeFirst();
  const refunds = await db.selectFrom('payment_refunds').selectAll().where('payment_id', '=', paymentId).execute();
  const disputes = await db
    .selectFrom('payment_disputes')
    .selectAll()
    .where('payment_id', '=', paymentId)
    .where('currency', '=', currency)
    .execute();
  const effective = disputes.filter(({ status }) => isDisputeEffective(status));
  // A total above the sum of all known refunds includes refunds whose own events have not come yet.
  const unseen = (payment?.refunded_cents ?? 0n) - sumCents(refunds);
  return {
    refundedCents: sumCents(refunds.filter(({ status }) => isRefundEffective(status))) + (unseen > 0n ? unseen : 0n),
    disputedCents: sumCents(effective),
    hasLostDispute: effective.some(({ status }) => isDisputeLost(status)),
    hasOpenDispute: effective.some(({ status }) => !isDisputeLost(status)),
  };
}

function sumCents(rows: readonly { amount_cents: bigint }[]): bigint {
  return rows.reduce((sum, row) => sum + row.amount_cents, 0n);
}

export async function readCursor(db: Db, name: string): Promise<number | null> {
  const row = await db.selectFrom('payment_cursors').select('reached_s').where('name', '=', name).executeTakeFirst();
  return row ? Number(row.reached_s) : null;
}

export async function writeCursor(db: Db, name: string, reachedS: number): Promise<void> {
  const reached_s = BigInt(reachedS);
  await db
    .insertInto('payment_cursors')
    .values({ name, reached_s })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ reached_s }))
    .execute();
}

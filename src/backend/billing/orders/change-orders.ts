import { CorvusError } from '#shared/errors.ts';
import { applyPaymentFact } from '../payments/apply-payment-fact.ts';
import { type Credit, creditOrder } from './credit-order.ts';
import { inTransaction } from '../../database/in-transaction.ts';
import type { Tx } from '../../database/open-database.ts';
import type { OrderRow } from '../../database/schema.ts';
import { appendAudit } from '../../operator/audit-store.ts';
import { findOrder, lockOrder, refusedByOperator } from '../../store/order-store.ts';
import type { PaymentFact } from '../payments/payment-facts.ts';
import { paymentsOfOrder, recordPayment } from '../payments/payment-store.ts';
import type { Operator } from '../../auth/operator-access.ts';
import type { BillingRouteDeps } from '../billing-route-deps.ts';

/** What decisions about orders work with. */
export type DecisionDeps = Pick<BillingRouteDeps, 'db' | 'clock' | 'events' | 'isPlayMoney' | 'payments'>;

export interface OrderDecision {
  orderId: string;
  reason: string;
}

/** A payment that credits an order. */
type Paid = Pick<Credit, 'paymentId' | 'paid'>;

interface Change extends OrderDecision {
  action: string;
  nowMs: number;
}

/**
 * Credits an order by hand with its amount. If the provider knows its payment, the payment is linked, so that it does
 * not count as a second one, and a later refund takes the credit back, whatever currency it was paid in. Throws
 * `not_found`, `conflict` when the order is closed, or, for an order in review, `payment_unavailable`.
 */
export async function settleOrder(
  services: DecisionDeps,
  operator: Operator,
  decision: OrderDecision,
): Promise<OrderRow> {
  const asked = await requireFound(services.db, decision.orderId);
  const known = await knownPayment(services, asked);
  const payment = known ?? { paymentId: `by-hand:${decision.orderId}`, paid: null };
  const nowMs = services.clock.nowMs();
  return changeOrder(
    services,
    operator,
    { ...decision, action: 'order.settle', nowMs },
    async (tx, { id: orderId, status }) => {
      const { isPlayMoney } = services;
      if (status === 'in_review' && asked.status !== 'in_review')
        throw new CorvusError('conflict', 'A payment of this order has just come, and has to be looked at first.');
      if (known) await recordPayment(tx, known.paymentId, orderId);
      const credited = await creditOrder(tx, { orderId, ...payment, isPlayMoney, nowMs }, [
        'created',
        'pending',
        'in_review',
      ]);
      if (!credited)
        throw new CorvusError('conflict', 'This order is closed: it was credited, has failed or has expired.');
    },
  );
}

/** Closes an order in review without crediting it. `refundPayment` then pays the money back. */
export function refuseOrder(services: DecisionDeps, operator: Operator, decision: OrderDecision): Promise<OrderRow> {
  const change = { ...decision, action: 'order.refuse', nowMs: services.clock.nowMs() };
  return changeOrder(services, operator, change, async (tx, order) => {
    const { numUpdatedRows } = await tx
      .updateTable('orders')
      .set({ status: 'failed', failure: refusedByOperator })
      .where('id', '=', order.id)
      .where('status', '=', 'in_review')
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw new CorvusError('conflict', 'Only an order in review can be refused.');
  });
}

/**
 * Refunds what is left of one payment of an order: the one that credited it, a second one, or one that was refused. The
 * audit log has the request before any money leaves. Throws `not_found`, `conflict`, or `payment_unavailable`; it is
 * safe to call again then.
 */
export async function refundPayment(
  services: DecisionDeps,
  operator: Operator,
  decision: OrderDecision & { paymentId: string },
): Promise<OrderRow> {
  const { paymentId, reason, orderId } = decision;
  const change = { orderId, reason, nowMs: services.clock.nowMs() };
  await changeOrder(services, operator, { ...change, action: 'payment.refund-asked' }, async (tx, order) => {
    if (!(await paymentsOfOrder(tx, orderId)).includes(paymentId))
      throw new CorvusError('not_found', 'This order has no such payment.');
    if (order.status === 'in_review') throw new CorvusError('conflict', 'Settle or refuse this order first.');
    return { refundedPayment: paymentId };
  });
  const fact = await services.payments.refund(paymentId);
  return changeOrder(
    services,
    operator,
    { ...change, action: 'payment.refunded', nowMs: services.clock.nowMs() },
    async (tx) => {
      if (fact) await applyPaymentFact(tx, fact, services.clock.nowMs());
      return { refundedPayment: paymentId };
    },
  );
}

/** Changes an order and writes the audit log in one transaction. */
async function changeOrder(
  services: DecisionDeps,
  operator: Operator,
  { orderId, reason, action, nowMs }: Change,
  work: (tx: Tx, order: OrderRow) => Promise<object | void>,
): Promise<OrderRow> {
  const order = await inTransaction(services.db, async (tx) => {
    await lockOrder(tx, orderId);
    const before = await requireFound(tx, orderId);
    const details = (await work(tx, before)) ?? {};
    const after = await requireFound(tx, orderId);
    const facts = { subject: orderId, accountId: after.account_id, reason, before: stateOf(before), nowMs };
    await appendAudit(tx, { operator: operator.name, action, ...facts, after: { ...stateOf(after), ...details } });
    return after;
  });
  services.events.emit('account.changed', { accountId: order.account_id });
  return order;
}

async function requireFound(db: Parameters<typeof findOrder>[0], orderId: string): Promise<OrderRow> {
  const order = await findOrder(db, orderId);
  if (!order) throw new CorvusError('not_found', 'There is no such order.');
  return order;
}

function stateOf({ status, failure, payment_id }: OrderRow): object {
  return { status, failure, paymentId: payment_id };
}

/**
 * What the provider knows of an order's payment, also where its event is late: a payment that is not linked now would
 * count as a second one then, to be paid back. Null: it was not paid there.
 */
async function knownPayment(services: DecisionDeps, order: OrderRow): Promise<Paid | null> {
  const fact = await askedPayment(services, order);
  // The payment in a checkout, or that of an automatic charge, on which there is no tax.
  if (fact?.kind === 'intent' && fact.state === 'paid') {
    const { paymentId, currency, receivedCents } = fact;
    return { paymentId, paid: { cents: BigInt(receivedCents), currency, taxCents: 0n } };
  }
  if (fact?.kind !== 'session' || fact.state !== 'paid') return null;
  const { paymentId, currency, totalCents, subtotalCents, discountCents } = fact;
  if (paymentId === null || currency === null || totalCents === null) return null;
  const taxCents = subtotalCents === null ? null : BigInt(totalCents - subtotalCents + discountCents);
  return { paymentId, paid: { cents: BigInt(totalCents), currency, taxCents } };
}

/**
 * An order in review has a payment, which must not be left unlinked. Any other one can be settled while the provider
 * cannot be asked, or has forgotten its checkout: a payment that is found later is a second one then, to be paid back.
 */
async function askedPayment({ payments }: DecisionDeps, order: OrderRow): Promise<PaymentFact | null> {
  try {
    return await payments.findPayment(order);
  } catch (error) {
    const isUnavailable = error instanceof CorvusError && error.code === 'payment_unavailable';
    if (isUnavailable && order.status !== 'in_review') return null;
    throw error;
  }
}

import { nanoUsdPerCent } from '#shared/money.ts';
import type { OrderStatus } from '#shared/account/orders.ts';
import type { Tx } from '../../database/open-database.ts';
import type { OrderRow } from '../../database/schema.ts';
import { pauseAutoTopup, saveMethod } from '../auto-topup/auto-topup-store.ts';
import {
  advanceOrder,
  isCredited,
  lockOrder,
  orderCurrency,
  type PaidAmount,
  refusedByOperator,
} from '../../store/order-store.ts';
import { orderOfPayment, recordMoneyBack, recordPayment, recordRefundedTotal } from './payment-store.ts';
import { recordOverpayment, settleOverpayment } from '../orders/overpayment-store.ts';
import { creditOrder } from '../orders/credit-order.ts';
import type { PaymentFact } from './payment-facts.ts';
import { settlePosition } from '../orders/settle-position.ts';

/**
 * What a fact did. `unmatched`: it belongs to no order that is known here (yet). `paid_twice`: money has come for an
 * order that another payment, or an operator by hand, has settled; it has to be refunded.
 */
export type FactOutcome =
  | 'credited'
  | 'corrected'
  | 'advanced'
  | 'in_review'
  | 'paid_twice'
  | 'saved'
  | 'unchanged'
  | 'unmatched';

export interface FactResult {
  outcome: FactOutcome;
  /** The accounts whose amounts may have changed. */
  accountId: string | null;
}

type FactOf<Kind extends PaymentFact['kind']> = Extract<PaymentFact, { kind: Kind }>;

const unmatched: FactResult = { outcome: 'unmatched', accountId: null };

/**
 * Applies one payment fact. Facts may come in any order and any number of times. One that matches no order yet is
 * stored and counts as soon as it does.
 */
export async function applyPaymentFact(tx: Tx, fact: PaymentFact, nowMs: number): Promise<FactResult> {
  switch (fact.kind) {
    case 'session':
      return applySession(tx, fact, nowMs);
    case 'intent':
      return applyIntent(tx, fact, nowMs);
    case 'refund':
    case 'dispute':
      await recordPayment(tx, fact.paymentId, null);
      await recordMoneyBack(tx, fact);
      return applyMoneyBack(tx, fact.paymentId, nowMs);
    case 'refunded-total':
      await recordPayment(tx, fact.paymentId, null);
      await recordRefundedTotal(tx, fact.paymentId, fact.refundedCents);
      return applyMoneyBack(tx, fact.paymentId, nowMs);
    case 'method': {
      const accountId = await saveMethod(tx, fact);
      return { outcome: accountId === null ? 'unmatched' : 'saved', accountId };
    }
  }
}

async function applySession(tx: Tx, fact: FactOf<'session'>, nowMs: number): Promise<FactResult> {
  const order = fact.orderId === null ? null : await lockOrder(tx, fact.orderId);
  if (!order || order.origin !== 'customer') return unmatched;
  if (order.session_id !== null && order.session_id !== fact.sessionId) return unmatched;
  if (fact.paymentId !== null) await recordPayment(tx, fact.paymentId, order.id);
  if (fact.state !== 'paid') return advance(tx, order, fact.state, fact.state === 'failed' ? 'payment_failed' : null);
  const { paymentId, totalCents, currency } = fact;
  const isAsOrdered = currency === orderCurrency && fact.discountCents === 0 && isAmountOf(order, fact.subtotalCents);
  const paid = totalCents === null || currency === null ? null : { cents: BigInt(totalCents), currency };
  return takeMoney(tx, order, { paymentId, paid, isAsOrdered }, nowMs);
}

async function applyIntent(tx: Tx, fact: FactOf<'intent'>, nowMs: number): Promise<FactResult> {
  const order = fact.orderId === null ? null : await lockOrder(tx, fact.orderId);
  if (!order) return unmatched;
  await recordPayment(tx, fact.paymentId, order.id);
  // A checkout decides about its own payment: it knows which part is tax, and that another card may follow a declined
  // one.
  if (order.origin === 'customer') return { outcome: 'unchanged', accountId: order.account_id };
  if (fact.state === 'paid') {
    const { paymentId, receivedCents, currency } = fact;
    const isAsOrdered = currency === orderCurrency && isAmountOf(order, receivedCents);
    return takeMoney(tx, order, { paymentId, paid: { cents: BigInt(receivedCents), currency }, isAsOrdered }, nowMs);
  }
  if (fact.state === 'open') return { outcome: 'unchanged', accountId: order.account_id };
  const result = await advance(tx, order, fact.state, fact.failure);
  if (fact.state === 'failed' && result.outcome === 'advanced')
    await pauseAutoTopup(tx, order.account_id, fact.failure ?? 'declined', nowMs);
  return result;
}

async function applyMoneyBack(tx: Tx, paymentId: string, nowMs: number): Promise<FactResult> {
  await settleOverpayment(tx, paymentId, nowMs);
  const orderId = await orderOfPayment(tx, paymentId);
  const order = orderId === null ? null : await lockOrder(tx, orderId);
  if (!order || !isCredited(order) || order.payment_id !== paymentId) return unmatched;
  const hasMoved = await settlePosition(tx, order, nowMs);
  return { outcome: hasMoved ? 'corrected' : 'unchanged', accountId: order.account_id };
}

interface Money {
  /** Null: nothing was left to pay. */
  paymentId: string | null;
  paid: PaidAmount | null;
  isAsOrdered: boolean;
}

/** Money has come for an order. Only what was ordered credits it; about anything else an operator decides. */
async function takeMoney(
  tx: Tx,
  order: OrderRow,
  { paymentId, paid, isAsOrdered }: Money,
  nowMs: number,
): Promise<FactResult> {
  const accountId = order.account_id;
  if (isCredited(order)) {
    if (paymentId === null || paid === null || order.payment_id === paymentId)
      return { outcome: 'unchanged', accountId };
    await recordOverpayment(tx, { paymentId, orderId: order.id, paid, nowMs });
    await settleOverpayment(tx, paymentId, nowMs);
    return { outcome: 'paid_twice', accountId };
  }
  // It is this money that an operator has refused.
  if (order.failure === refusedByOperator) return { outcome: 'unchanged', accountId };
  if (!isAsOrdered || paymentId === null || paid === null) return advance(tx, order, 'in_review', 'amount_differs');
  // What was paid beyond the order's price is tax that the provider's checkout added.
  const taxCents = paid.cents - order.amount / nanoUsdPerCent;
  const payment = { paymentId, paid: { ...paid, taxCents }, isPlayMoney: false };
  const credited = await creditOrder(tx, { orderId: order.id, ...payment, nowMs });
  return { outcome: credited ? 'credited' : 'in_review', accountId };
}

async function advance(tx: Tx, order: OrderRow, status: OrderStatus, failure: string | null): Promise<FactResult> {
  const hasMoved = await advanceOrder(tx, order.id, status, failure);
  const outcome = !hasMoved ? 'unchanged' : status === 'in_review' ? 'in_review' : 'advanced';
  return { outcome, accountId: order.account_id };
}

function isAmountOf(order: OrderRow, cents: number | null): boolean {
  return cents !== null && BigInt(cents) * nanoUsdPerCent === order.amount;
}

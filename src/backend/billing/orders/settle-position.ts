import type { OrderStatus } from '#shared/account/orders.ts';
import type { LedgerLine } from '#shared/account/ledger.ts';
import { type NanoUsd, nanoUsd } from '#shared/money.ts';
import type { Db, Tx } from '../../database/open-database.ts';
import type { OrderRow } from '../../database/schema.ts';
import { availableOf, platformAccounts } from '../../ledger/chart-of-accounts.ts';
import { type OrderPosition, orderPosition } from './order-position.ts';
import { advanceUpTo, settleDebt } from '../../ledger/debt.ts';
import { issueNotes } from '../../documents/issue-documents.ts';
import { pauseAutoTopup } from '../auto-topup/auto-topup-store.ts';
import { type AccountLedger, withAccountLedger } from '../../store/account-ledger.ts';
import { setPosition } from '../../store/order-store.ts';
import { type MoneyBackSums, readMoneyBack } from '../payments/payment-store.ts';

interface Reason {
  taken: 'refund' | 'dispute';
  returned: 'refund_return' | 'dispute_return';
  platformAccount: string;
  line: LedgerLine['kind'];
  takenText: string;
  returnedText: string;
}

const refund: Reason = {
  taken: 'refund',
  returned: 'refund_return',
  platformAccount: platformAccounts.refunds,
  line: 'refund',
  takenText: 'Refund',
  returnedText: 'Refund failed: credited again',
};
const dispute: Reason = {
  taken: 'dispute',
  returned: 'dispute_return',
  platformAccount: platformAccounts.disputes,
  line: 'adjustment',
  takenText: 'Payment disputed',
  returnedText: 'Dispute over: credited again',
};

/**
 * Where a credited order has to stand, from all known refunds and disputes of its payment. Null: nothing can have
 * changed.
 */
export async function knownPosition(
  tx: Db | Tx,
  order: OrderRow,
): Promise<(OrderPosition & { status: OrderStatus }) | null> {
  const { payment_id: paymentId, paid_cents: paidCents, paid_currency: currency } = order;
  if (paymentId === null || paidCents === null || currency === null) return null;
  const sums = await readMoneyBack(tx, paymentId, currency);
  const position = orderPosition({ ...sums, credit: nanoUsd(order.amount), paidCents });
  return { ...position, status: statusOf(order, position, sums) };
}

/** Moves exactly the difference between where a credited order stands in the ledger and where it has to stand. */
export async function settlePosition(tx: Tx, order: OrderRow, nowMs: number): Promise<boolean> {
  const target = await knownPosition(tx, order);
  if (!target) return false;
  const moves = [target.refunded - order.refunded, target.disputed - order.disputed, target.lost - order.lost];
  if (moves.every((move) => move === 0n) && target.status === order.status) return false;
  const steps = order.steps + 1n;
  await setPosition(tx, order.id, { ...target, steps });
  // Returned money first, so that a refund of disputed money does not make a debt for a moment.
  const [refundMove, disputeMove, lossMove] = moves;
  const due = [
    { reason: refund, amount: nanoUsd(refundMove ?? 0n) },
    { reason: dispute, amount: nanoUsd(disputeMove ?? 0n) },
  ].toSorted((one, other) => (one.amount < other.amount ? -1 : 1));
  await withAccountLedger(tx, order.account_id, nowMs, async (ledger) => {
    for (const { reason, amount } of due) moveCustomerMoney(ledger, order, reason, amount, steps);
    moveLoss(ledger, order, nanoUsd(lossMove ?? 0n), steps);
  });
  const notes = due.map(({ reason, amount }) => ({ reason: reason.taken, amount }));
  await issueNotes(tx, order, notes, nowMs);
  // A customer who disputes a payment is not charged automatically any more, until the customer wants it again.
  // Where the first word of a dispute is that it was lost, the order was never in `disputed`.
  if (isDisputed(target) && !isDisputed(order)) await pauseAutoTopup(tx, order.account_id, 'payment_disputed', nowMs);
  return true;
}

function isDisputed({ status }: { status: OrderStatus }): boolean {
  return status === 'disputed' || status === 'charged_back';
}

function statusOf(order: OrderRow, { refunded, disputed }: OrderPosition, sums: MoneyBackSums): OrderStatus {
  if (sums.hasOpenDispute) return 'disputed';
  if (sums.hasLostDispute && disputed > 0n) return 'charged_back';
  if (refunded === 0n) return 'paid_confirmed';
  return refunded === order.amount ? 'refunded' : 'partially_refunded';
}

function moveCustomerMoney(
  ledger: AccountLedger,
  order: OrderRow,
  reason: Reason,
  amount: NanoUsd,
  steps: bigint,
): void {
  if (amount === 0n) return;
  const { id: orderId, account_id: accountId } = order;
  const isTaken = amount > 0n;
  const kind = isTaken ? reason.taken : reason.returned;
  const cause = { cause: `${orderId}:${kind}:${steps}`, requestId: null, orderId };
  const [debitId, creditId] = isTaken
    ? [availableOf(accountId), reason.platformAccount]
    : [reason.platformAccount, availableOf(accountId)];
  const size = nanoUsd(isTaken ? amount : -amount);
  if (isTaken) advanceUpTo(ledger, size, cause);
  ledger.post({ id: cause.cause, kind, debitId, creditId, amount: size, requestId: null, orderId });
  if (!isTaken) settleDebt(ledger, cause);
  const description = isTaken ? reason.takenText : reason.returnedText;
  ledger.appendLine({
    kind: reason.line,
    amount: nanoUsd(-amount),
    requestId: null,
    orderId,
    description,
    receiptHash: null,
  });
}

/** The same money taken back twice, by a refund and a dispute: not the customer's debt. */
function moveLoss(ledger: AccountLedger, order: OrderRow, amount: NanoUsd, steps: bigint): void {
  if (amount === 0n) return;
  const kind = amount > 0n ? 'loss' : 'loss_return';
  const [debitId, creditId] =
    amount > 0n
      ? [platformAccounts.writtenOff, platformAccounts.disputes]
      : [platformAccounts.disputes, platformAccounts.writtenOff];
  const size = nanoUsd(amount > 0n ? amount : -amount);
  ledger.post({
    id: `${order.id}:${kind}:${steps}`,
    kind,
    debitId,
    creditId,
    amount: size,
    requestId: null,
    orderId: order.id,
  });
}

import { hourMs } from '#shared/time.ts';
import type { OrderRow } from '../../database/schema.ts';
import { advanceOrder } from '../../store/order-store.ts';
import type { AutoTopup } from '../auto-topup/auto-topup.ts';
import { type ReconcileReport, type TakeDeps, takeFact } from '../payments/take-listed.ts';

export interface ResolveDeps extends TakeDeps {
  autoTopup: AutoTopup;
}

/** Stripe closes a checkout after a day. */
const checkoutLifetimeMs = 25 * hourMs;
const mostAtOnce = 4;
/** After so many failures in a row, the provider is not asked again for the rest. */
const mostFailures = 5;

/**
 * Finds out how orders ended that wait for money, a few at a time.
 * @returns the last of them that was asked about; null: there was none
 */
export async function resolveOrders(
  parts: ResolveDeps,
  orders: readonly OrderRow[],
  report: ReconcileReport,
): Promise<OrderRow | null> {
  const waiting = [...orders];
  let failures = 0;
  let last: OrderRow | null = null;
  const work = async (): Promise<void> => {
    for (let order = waiting.shift(); order && failures < mostFailures; order = waiting.shift()) {
      failures = (await resolveOrder(parts, order, report)) ? 0 : failures + 1;
      last = order;
    }
  };
  await Promise.all(Array.from({ length: mostAtOnce }, work));
  return last;
}

/** @returns whether it could be found out */
async function resolveOrder(parts: ResolveDeps, order: OrderRow, report: ReconcileReport): Promise<boolean> {
  const { db, clock, gateway, logger } = parts;
  try {
    if (order.origin === 'auto') await parts.autoTopup.resolve(order);
    else if (order.session_id !== null) await takeFact(parts, await gateway.readCheckout(order.session_id), report);
    else if (clock.nowMs() - Number(order.created_at_ms) > checkoutLifetimeMs)
      await advanceOrder(db, order.id, 'expired', null);
    return true;
  } catch (error) {
    // One order that cannot be read must not block the others.
    logger.error('payments.order-not-reconciled', { orderId: order.id, error: String(error) });
    return false;
  }
}

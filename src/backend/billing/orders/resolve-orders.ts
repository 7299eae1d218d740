import { hourMs } from '#shared/time.ts';
import type { Db } from '../../database/open-database.ts';
import type { OrderRow } from '../../database/schema.ts';
import { advanceOrder, type OrderPlace } from '../../store/order-store.ts';
import type { AutoTopup } from '../auto-topup/auto-topup.ts';
import { mostFailures, type TakeDeps, takeFact } from '../payments/take-listed.ts';

export interface ResolveDeps extends TakeDeps {
  autoTopup: AutoTopup;
}

/** How far orders have been asked about; the next time continues after them. */
export interface Round {
  reached: OrderPlace | null;
}

/** Stripe closes a checkout after a day. */
const checkoutLifetimeMs = 25 * hourMs;
const mostAtOnce = 4;

/**
 * Finds out how the next orders ended that wait for money, oldest first. It is enough to ask about each now and then,
 * however many a customer leaves open; and those that cannot be found out do not stand before the others.
 * @param list the waiting orders after a place
 * @param most of them that are asked about this time
 * @returns how many corrections that made
 */
export async function resolveNext(
  parts: ResolveDeps,
  round: Round,
  list: (db: Db, after: OrderPlace | null, limit: number) => Promise<OrderRow[]>,
  most: number,
): Promise<number> {
  const orders = await list(parts.db, round.reached, most);
  // The rest is for the oldest again.
  if (round.reached && orders.length < most) orders.push(...(await list(parts.db, null, most - orders.length)));
  const waiting = [...new Map(orders.map((order) => [order.id, order])).values()];
  let [failures, corrections] = [0, 0];
  round.reached = null;
  const work = async (): Promise<void> => {
    for (let order = waiting.shift(); order && failures < mostFailures; order = waiting.shift()) {
      const corrected = await resolveOrder(parts, order);
      failures = corrected === null ? failures + 1 : 0;
      corrections += corrected ?? 0;
      round.reached = { createdAtMs: order.created_at_ms, id: order.id };
    }
  };
  await Promise.all(Array.from({ length: mostAtOnce }, work));
  return corrections;
}

/** @returns how many corrections that made; null: it could not be found out */
async function resolveOrder(parts: ResolveDeps, order: OrderRow): Promise<number | null> {
  const { db, clock, gateway, logger } = parts;
  try {
    if (order.origin === 'auto') await parts.autoTopup.resolve(order);
    else if (order.session_id !== null) return await takeFact(parts, await gateway.readCheckout(order.session_id));
    else if (clock.nowMs() - Number(order.created_at_ms) > checkoutLifetimeMs)
      await advanceOrder(db, order.id, 'expired', null);
    return 0;
  } catch (error) {
    // One order that cannot be read must not block the others.
    logger.error('payments.order-not-reconciled', { orderId: order.id, error: String(error) });
    return null;
  }
}

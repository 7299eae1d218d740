import { listOpenOrders, type OrderPlace } from '../../store/order-store.ts';
import { readCursor, writeCursor } from './payment-store.ts';
import { type ResolveDeps, resolveOrders } from '../orders/resolve-orders.ts';
import { type ReconcileReport, takeListed, takeUnprocessed } from './take-listed.ts';

const cursorName = 'events';
const overlapS = 3_600;
/** Stripe keeps events for 30 days. */
const longestLookBackS = 30 * 86_400;
/** How many waiting orders are queried in a round; the next round continues after them. */
const mostOrders = 200;

/** How far the waiting orders have been queried. */
export interface Round {
  reached: OrderPlace | null;
}

/**
 * Asks the provider for everything since the last run, and applies what webhooks did not bring: events, refunds and
 * disputes in their present state, and the next orders that still wait for money. Known facts change nothing. What
 * cannot be processed stops nothing else.
 * @param round kept from one run to the next
 */
export async function reconcile(parts: ResolveDeps, round: Round = { reached: null }): Promise<ReconcileReport> {
  const { db, clock, gateway } = parts;
  const report: ReconcileReport = { events: 0, corrections: 0 };
  const startedS = Math.floor(clock.nowMs() / 1000);
  const earliestS = startedS - longestLookBackS;
  const reachedS = await readCursor(db, cursorName);
  const sinceS = reachedS === null ? earliestS : reachedS - overlapS;
  await takeUnprocessed(parts, report);
  for await (const event of gateway.eventsSince(Math.max(sinceS, earliestS))) await takeListed(parts, event, report);
  // Also what began before the oldest event that Stripe keeps.
  for await (const moneyBack of gateway.moneyBackSince(sinceS)) await takeListed(parts, moneyBack, report);
  round.reached = await resolveNext(parts, round.reached, report);
  await writeCursor(db, cursorName, startedS);
  return report;
}

/**
 * The next orders that wait for money, oldest first. Events report nearly all changes, so it is enough to query each
 * order now and then, however many a customer leaves open.
 * @returns where the next round continues; null: at the oldest
 */
async function resolveNext(
  parts: ResolveDeps,
  reached: OrderPlace | null,
  report: ReconcileReport,
): Promise<OrderPlace | null> {
  const orders = await listOpenOrders(parts.db, reached, mostOrders);
  // The rest of the round is for the oldest again.
  if (reached && orders.length < mostOrders)
    orders.push(...(await listOpenOrders(parts.db, null, mostOrders - orders.length)));
  const waiting = [...new Map(orders.map((order) => [order.id, order])).values()];
  const last = await resolveOrders(parts, waiting, report);
  return last && { createdAtMs: last.created_at_ms, id: last.id };
}

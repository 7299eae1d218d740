import { listOpenOrders } from '../../store/order-store.ts';
import { readCursor, writeCursor } from './payment-store.ts';
import { type ResolveDeps, resolveNext, type Round } from '../orders/resolve-orders.ts';
import { type Findings, type ReconcileReport, takeListed, takeUnprocessed } from './take-listed.ts';

const cursorName = 'events';
const overlapS = 3_600;
/** Stripe keeps events for 30 days. */
const longestLookBackS = 30 * 86_400;
/** How many waiting orders are queried in a round; the next round continues after them. */
const mostOrders = 200;

/**
 * Asks the provider for everything since the last run, and applies what webhooks did not bring: events, refunds and
 * disputes in their present state, and the next orders that still wait for money. Known facts change nothing. What
 * cannot be processed stops nothing else.
 * @param round kept from one run to the next
 */
export async function reconcile(parts: ResolveDeps, round: Round = { reached: null }): Promise<ReconcileReport> {
  const { db, clock, gateway } = parts;
  const found: Findings = { report: { events: 0, corrections: 0 }, failed: new Set() };
  const startedS = Math.floor(clock.nowMs() / 1000);
  const earliestS = startedS - longestLookBackS;
  const reachedS = await readCursor(db, cursorName);
  const sinceS = reachedS === null ? earliestS : reachedS - overlapS;
  for await (const event of gateway.eventsSince(Math.max(sinceS, earliestS))) await takeListed(parts, event, found);
  // Also what began before the oldest event that Stripe keeps.
  for await (const moneyBack of gateway.moneyBackSince(sinceS)) await takeListed(parts, moneyBack, found);
  await takeUnprocessed(parts, found);
  found.report.corrections += await resolveNext(parts, round, listOpenOrders, mostOrders);
  await writeCursor(db, cursorName, startedS);
  return found.report;
}

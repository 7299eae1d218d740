import { inTransaction } from '../database/in-transaction.ts';
import type { Db } from '../database/open-database.ts';
import type { OrderRow } from '../database/schema.ts';
import type { Events } from '../runtime/events.ts';
import type { Clock, Logger } from '#shared/ports.ts';
import { hourMs } from '#shared/time.ts';
import { advanceOrder, listOpenOrders, type OrderPlace } from '../store/order-store.ts';
import { readCursor, writeCursor } from './payment-store.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { applyPaymentFact } from './apply-payment-fact.ts';
import type { AutoTopup } from './auto-topup.ts';
import type { PaymentFact } from './payment-facts.ts';
import type { PaymentGateway } from './payment-gateway.ts';
import { takeEvent } from './take-event.ts';

export interface ReconcileDeps {
  db: Db;
  clock: Clock;
  logger: Logger;
  telemetry: Telemetry;
  gateway: PaymentGateway;
  autoTopup: AutoTopup;
  events: Pick<Events, 'emit'>;
}

/** What the webhooks had missed. */
export interface ReconcileReport {
  events: number;
  corrections: number;
}

export const nothingMissed: ReconcileReport = { events: 0, corrections: 0 };

const cursorName = 'events';
const overlapS = 3_600;
/** Stripe keeps events for 30 days. */
const longestLookBackS = 30 * 86_400;
/** Stripe closes a checkout after a day. */
const checkoutLifetimeMs = 25 * hourMs;

/** How many waiting orders are queried in a round; the next round continues after them. */
const mostOrders = 200;
const mostAtOnce = 4;
/** After so many failures in a row, the provider is not asked again before the next round. */
const mostFailures = 5;

/** How far the waiting orders have been queried. */
export interface Round {
  reached: OrderPlace | null;
}

/**
 * Asks the provider for everything since the last run, and applies what webhooks did not bring: events, refunds and
 * disputes in their present state, and the next orders that still wait for money. Known facts change nothing.
 * @param round kept from one run to the next
 */
export async function reconcile(parts: ReconcileDeps, round: Round = { reached: null }): Promise<ReconcileReport> {
  const { db, clock, gateway, telemetry } = parts;
  const report: ReconcileReport = { events: 0, corrections: 0 };
  const startedS = Math.floor(clock.nowMs() / 1000);
  const earliestS = startedS - longestLookBackS;
  const reachedS = await readCursor(db, cursorName);
  const sinceS = reachedS === null ? earliestS : reachedS - overlapS;
  for await (const event of gateway.eventsSince(Math.max(sinceS, earliestS))) {
    const { outcome, accountIds } = await takeEvent(db, event, 'reconciler', clock.nowMs());
    if (outcome !== 'duplicate') {
      report.events += 1;
      telemetry.meter.count('paymentEvents', { source: 'reconciler', outcome });
    }
    for (const accountId of accountIds) parts.events.emit('account.changed', { accountId });
  }
  // Also what began before the oldest event that Stripe keeps.
  for await (const fact of gateway.moneyBackSince(sinceS)) await take(parts, fact, report);
  round.reached = await resolveOrders(parts, round.reached, report);
  await writeCursor(db, cursorName, startedS);
  return report;
}

/**
 * The next orders that wait for money, oldest first, a few at a time. Events report nearly all changes, so it is enough
 * to query each order now and then, however many a customer leaves open.
 * @returns where the next round continues; null: at the oldest
 */
async function resolveOrders(
  parts: ReconcileDeps,
  reached: OrderPlace | null,
  report: ReconcileReport,
): Promise<OrderPlace | null> {
  const orders = await listOpenOrders(parts.db, reached, mostOrders);
  // The rest of the round is for the oldest again.
  if (reached && orders.length < mostOrders)
    orders.push(...(await listOpenOrders(parts.db, null, mostOrders - orders.length)));
  const waiting = [...new Map(orders.map((order) => [order.id, order])).values()];
  let failures = 0;
  let last: OrderRow | null = null;
  const work = async (): Promise<void> => {
    for (let order = waiting.shift(); order && failures < mostFailures; order = waiting.shift()) {
      failures = (await resolveOrder(parts, order, report)) ? 0 : failures + 1;
      last = order;
    }
  };
  await Promise.all(Array.from({ length: mostAtOnce }, work));
  return placeOf(last);
}

function placeOf(order: OrderRow | null): OrderPlace | null {
  return order && { createdAtMs: order.created_at_ms, id: order.id };
}

/** @returns whether it could be found out */
async function resolveOrder(parts: ReconcileDeps, order: OrderRow, report: ReconcileReport): Promise<boolean> {
  const { db, clock, gateway, logger } = parts;
  try {
    if (order.origin === 'auto') await parts.autoTopup.resolve(order);
    else if (order.session_id !== null) await take(parts, await gateway.readCheckout(order.session_id), report);
    else if (clock.nowMs() - Number(order.created_at_ms) > checkoutLifetimeMs)
      await advanceOrder(db, order.id, 'expired', null);
    return true;
  } catch (error) {
    // One order that cannot be read must not block the others.
    logger.error('payments.order-not-reconciled', { orderId: order.id, error: String(error) });
    return false;
  }
}

async function take({ db, clock, events }: ReconcileDeps, fact: PaymentFact, report: ReconcileReport): Promise<void> {
  const { outcome, accountId } = await inTransaction(db, (tx) => applyPaymentFact(tx, fact, clock.nowMs()));
  if (outcome !== 'unchanged' && outcome !== 'unmatched') report.corrections += 1;
  if (accountId !== null) events.emit('account.changed', { accountId });
}

import { inTransaction } from '../database/in-transaction.ts';
import type { Db } from '../database/open-database.ts';
import type { OrderRow } from '../database/schema.ts';
import type { BackendClock, BackendLogger } from '../ports.ts';
import { advanceOrder, listOpenOrders } from '../store/order-store.ts';
import { readCursor, writeCursor } from '../store/payment-store.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { applyPaymentFact } from './apply-payment-fact.ts';
import type { AutoTopup } from './auto-topup.ts';
import type { PaymentFact } from './payment-facts.ts';
import type { PaymentGateway } from './payment-gateway.ts';
import { takeEvent } from './take-event.ts';

export interface ReconcileParts {
  db: Db;
  clock: BackendClock;
  logger: BackendLogger;
  telemetry: Telemetry;
  gateway: PaymentGateway;
  autoTopup: AutoTopup;
  changed(accountId: string): void;
}

/** What the webhooks had missed. */
export interface ReconcileReport {
  events: number;
  corrections: number;
}

const cursorName = 'events';
const overlapS = 3_600;
/** Stripe keeps events for 30 days. */
const longestLookBackS = 30 * 86_400;
/** Stripe closes a checkout after a day. */
const checkoutLifetimeMs = 25 * 3_600_000;

/**
 * Asks the provider for everything since the last run, and takes in what webhooks did not bring: events, refunds and disputes
 * as they are now, and every order that still waits for money. What is known already changes nothing.
 */
export async function reconcile(parts: ReconcileParts): Promise<ReconcileReport> {
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
    for (const accountId of accountIds) parts.changed(accountId);
  }
  // Also what began before the oldest event that is kept.
  for await (const fact of gateway.moneyBackSince(sinceS)) await take(parts, fact, report);
  for (const order of await listOpenOrders(db)) await resolveOrder(parts, order, report);
  await writeCursor(db, cursorName, startedS);
  return report;
}

async function resolveOrder(parts: ReconcileParts, order: OrderRow, report: ReconcileReport): Promise<void> {
  const { db, clock, gateway, logger } = parts;
  try {
    if (order.origin === 'auto') await parts.autoTopup.resolve(order);
    else if (order.session_id !== null) await take(parts, await gateway.readCheckout(order.session_id), report);
    else if (clock.nowMs() - Number(order.created_at_ms) > checkoutLifetimeMs) await advanceOrder(db, order.id, 'expired', null);
  } catch (error) {
    // One order that cannot be read must not keep the others waiting.
    logger.error('payments.order-not-reconciled', { orderId: order.id, error: String(error) });
  }
}

async function take({ db, clock, changed }: ReconcileParts, fact: PaymentFact, report: ReconcileReport): Promise<void> {
  const { outcome, accountId } = await inTransaction(db, (tx) => applyPaymentFact(tx, fact, clock.nowMs()));
  if (outcome !== 'unchanged' && outcome !== 'unmatched') report.corrections += 1;
  if (accountId !== null) changed(accountId);
}

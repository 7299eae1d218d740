import type { Clock, Logger } from '#shared/ports.ts';
import { inTransaction } from '../../database/in-transaction.ts';
import type { Db } from '../../database/open-database.ts';
import type { Events } from '../../runtime/events.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import { applyPaymentFact } from './apply-payment-fact.ts';
import type { PaymentFact } from './payment-facts.ts';
import type { Listed, PaymentEvent, PaymentGateway } from './payment-gateway.ts';
import { takeEvent } from './take-event.ts';
import { forgetUnprocessed, listUnprocessed, recordUnprocessed } from './unprocessed-payments.ts';

export interface TakeDeps {
  db: Db;
  clock: Clock;
  logger: Logger;
  telemetry: Telemetry;
  gateway: PaymentGateway;
  events: Pick<Events, 'emit'>;
}

/** What the webhooks had missed. */
export interface ReconcileReport {
  events: number;
  corrections: number;
}

export const nothingMissed: ReconcileReport = { events: 0, corrections: 0 };

/** How many of those that could not be processed are tried again in a round. */
const mostAgain = 100;

/**
 * Takes what the provider lists. What cannot be read or applied is recorded and reported, and the round goes on: it is
 * tried again in every round, however far that one looks back.
 * @returns whether it was processed
 */
export async function takeListed(parts: TakeDeps, listed: Listed, report: ReconcileReport): Promise<boolean> {
  const { db, clock, logger, telemetry } = parts;
  try {
    if (listed.kind === 'event') await takeListedEvent(parts, listed.read(), report);
    else for (const fact of listed.read()) await takeFact(parts, fact, report);
    return true;
  } catch (error) {
    const { kind, id } = listed;
    await recordUnprocessed(db, listed, error, clock.nowMs());
    logger.error('payments.unprocessed', { kind, id, error: String(error) });
    telemetry.meter.count('paymentEvents', { source: 'reconciler', outcome: 'failed' });
    return false;
  }
}

/** Tries again what could not be processed before. What the provider has no longer stays on the operator's list. */
export async function takeUnprocessed(parts: TakeDeps, report: ReconcileReport): Promise<void> {
  const { db, clock, gateway } = parts;
  for (const { id, kind, error } of await listUnprocessed(db, mostAgain)) {
    const listed = await gateway.findListed({ id, kind });
    if (!listed) await recordUnprocessed(db, { id, kind }, error, clock.nowMs());
    else if (await takeListed(parts, listed, report)) await forgetUnprocessed(db, id);
  }
}

/** Applies what a query of the provider has found out. */
export async function takeFact(
  { db, clock, events }: TakeDeps,
  fact: PaymentFact,
  report: ReconcileReport,
): Promise<void> {
  const { outcome, accountId } = await inTransaction(db, (tx) => applyPaymentFact(tx, fact, clock.nowMs()));
  if (outcome !== 'unchanged' && outcome !== 'unmatched') report.corrections += 1;
  if (accountId !== null) events.emit('account.changed', { accountId });
}

async function takeListedEvent(
  { db, clock, telemetry, events }: TakeDeps,
  event: PaymentEvent | null,
  report: ReconcileReport,
): Promise<void> {
  if (!event) return;
  const { outcome, accountIds } = await takeEvent(db, event, 'reconciler', clock.nowMs());
  if (outcome !== 'duplicate') {
    report.events += 1;
    telemetry.meter.count('paymentEvents', { source: 'reconciler', outcome });
  }
  for (const accountId of accountIds) events.emit('account.changed', { accountId });
}

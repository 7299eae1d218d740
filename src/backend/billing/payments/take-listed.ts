import type { Clock, Logger } from '#shared/ports.ts';
import { inTransaction } from '../../database/in-transaction.ts';
import type { Db } from '../../database/open-database.ts';
import type { Events } from '../../runtime/events.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import { applyPaymentFact } from './apply-payment-fact.ts';
import type { PaymentFact } from './payment-facts.ts';
import type { Listed, PaymentEvent, PaymentGateway } from './payment-gateway.ts';
import { takeEvent } from './take-event.ts';
import {
  forgetUnprocessed,
  listUnprocessed,
  markTried,
  recordUnprocessed,
  type UnprocessedPayment,
} from './unprocessed-payments.ts';

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

/** After so many failures in a row, the provider is not asked again for the rest. */
export const mostFailures = 5;
/** How many of those that could not be processed are tried again in a round. */
const mostAgain = 100;

/** What a round has found out so far. */
export interface Findings {
  report: ReconcileReport;
  /** Those that could not be processed: a round tries each once. */
  failed: Set<string>;
}

/**
 * Takes what the provider lists. What cannot be read or applied is recorded and reported, and the round goes on: it is
 * tried again in every round, however far that one looks back.
 * @returns whether it was processed
 */
export async function takeListed(parts: TakeDeps, listed: Listed, found: Findings): Promise<boolean> {
  try {
    if (listed.kind === 'event') await takeListedEvent(parts, listed.read(), found.report);
    else for (const fact of listed.read()) found.report.corrections += await takeFact(parts, fact);
    return true;
  } catch (error) {
    await noteUnprocessed(parts, listed, error, found);
    return false;
  }
}

/** Tries again what could not be processed before. What the provider has no longer stays on the operator's list. */
export async function takeUnprocessed(parts: TakeDeps, found: Findings): Promise<void> {
  const { db, clock, gateway } = parts;
  const waiting = (await listUnprocessed(db, mostAgain)).filter(({ id }) => !found.failed.has(id));
  let failures = 0;
  for (const { id, kind } of waiting) {
    if (failures >= mostFailures) return;
    try {
      const listed = await gateway.findListed({ id, kind });
      failures = 0;
      if (!listed) await markTried(db, id, clock.nowMs());
      else if (await takeListed(parts, listed, found)) await forgetUnprocessed(db, id);
    } catch (error) {
      failures += 1;
      await noteUnprocessed(parts, { id, kind }, error, found);
    }
  }
}

async function noteUnprocessed(
  parts: TakeDeps,
  one: UnprocessedPayment,
  error: unknown,
  { failed }: Findings,
): Promise<void> {
  failed.add(one.id);
  if (await recordUnprocessed(parts, one, error))
    parts.telemetry.meter.count('paymentEvents', { source: 'reconciler', outcome: 'failed' });
}

/**
 * Applies what a query of the provider has found out.
 * @returns how many corrections that was
 */
export async function takeFact({ db, clock, events }: TakeDeps, fact: PaymentFact): Promise<0 | 1> {
  const { outcome, accountId } = await inTransaction(db, (tx) => applyPaymentFact(tx, fact, clock.nowMs()));
  if (accountId !== null) events.emit('account.changed', { accountId });
  return outcome === 'unchanged' || outcome === 'unmatched' ? 0 : 1;
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

import { CorvusError } from '#shared/errors.ts';
import type { ListedEvent } from './payment-gateway.ts';
import { type TakenEvent, takeEvent } from './take-event.ts';
import type { TakeDeps } from './take-listed.ts';
import { recordUnprocessed } from './unprocessed-payments.ts';

/** `unprocessed`: it could not be read or applied; the reconciler tries it again, and an operator sees it. */
export type DeliveryOutcome = TakenEvent['outcome'] | 'unprocessed';

/**
 * Takes an event that the provider has delivered. One that cannot be read or applied is remembered, and counts as
 * received: sent again it would be the same. Throws only where the database does not answer, so that the provider sends
 * it again.
 */
export async function takeDelivered(
  parts: Pick<TakeDeps, 'db' | 'clock' | 'logger' | 'events'>,
  listed: ListedEvent,
): Promise<DeliveryOutcome> {
  try {
    return await take(parts, listed);
  } catch (error) {
    if (error instanceof CorvusError) throw error;
    await recordUnprocessed(parts, listed, error);
    return 'unprocessed';
  }
}

async function take(
  { db, clock, logger, events }: Parameters<typeof takeDelivered>[0],
  listed: ListedEvent,
): Promise<TakenEvent['outcome']> {
  const event = listed.read();
  if (!event) return 'ignored';
  const { outcome, accountIds } = await takeEvent(db, event, 'webhook', clock.nowMs());
  const log = outcome === 'in_review' || outcome === 'paid_twice' ? logger.error : logger.info;
  log('payments.event', { eventId: event.id, type: event.type, outcome });
  for (const accountId of accountIds) events.emit('account.changed', { accountId });
  return outcome;
}

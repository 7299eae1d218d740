import { inTransaction } from '../../database/in-transaction.ts';
import type { Db } from '../../database/open-database.ts';
import { recordEvent, setEventOutcome } from './payment-store.ts';
import { applyPaymentFact, type FactResult } from './apply-payment-fact.ts';
import type { PaymentEvent } from './payment-gateway.ts';

export interface TakenEvent {
  /** `duplicate`: received before. `ignored`: it does not affect money. */
  outcome: FactResult['outcome'] | 'duplicate' | 'ignored';
  /** The accounts whose amounts may have changed. */
  accountIds: readonly string[];
}

/**
 * Records an event and applies it in one transaction: after a crash between the two, the provider delivers it again.
 */
export function takeEvent(
  db: Db,
  event: PaymentEvent,
  source: 'webhook' | 'reconciler',
  nowMs: number,
): Promise<TakenEvent> {
  return inTransaction(db, async (tx) => {
    const isNew = await recordEvent(tx, { id: event.id, type: event.type, createdS: event.createdS, source, nowMs });
    if (!isNew) return { outcome: 'duplicate', accountIds: [] };
    const results: FactResult[] = [];
    for (const fact of event.facts) results.push(await applyPaymentFact(tx, fact, nowMs));
    const outcome = results[0]?.outcome ?? 'ignored';
    await setEventOutcome(tx, event.id, outcome);
    return { outcome, accountIds: results.flatMap(({ accountId }) => (accountId === null ? [] : [accountId])) };
  });
}

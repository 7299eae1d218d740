import { zeroUsd } from '#shared/money.ts';
import { inTransaction } from '../database/in-transaction.ts';
import type { Db } from '../database/open-database.ts';
import { isPostgres } from '../database/is-postgres.ts';
import type { Events } from '../runtime/events.ts';
import type { Logger } from '#shared/ports.ts';
import { withAccountLedger } from '../store/account-ledger.ts';
import { findExpiredHolds, findForeignHolds, ownerOfHold } from '../store/hold-store.ts';
import { type EndFacts, releaseRequest } from './end-request.ts';

/** A request whose service instance is gone: nothing is known of it, so nothing is charged. */
const interrupted: EndFacts = {
  outcome: 'interrupted',
  httpStatus: null,
  errorCode: null,
  finishReason: null,
  modelServed: null,
  usage: null,
  usageSource: 'missing',
  unitPrices: null,
  attempts: [],
  upstreamCost: null,
};

/** Who is told of money that is back. */
interface Teller {
  events: Pick<Events, 'emit'>;
  logger: Logger;
}

/**
 * Releases the holds that former runs left open: on SQLite, which has one instance at a time, all of them; on
 * PostgreSQL those of this instance's name. Holds of other instances that are gone expire.
 */
export async function releaseOrphanedHolds(
  db: Db,
  { ownerId, instance }: { ownerId: string; instance: string },
  nowMs: number,
  teller: Teller,
): Promise<number> {
  const ownedBy = isPostgres(db) ? ownerPrefix(instance) : '';
  return release(db, await findForeignHolds(db, ownerId, ownedBy), 'released', nowMs, teller);
}

/** The prefix of a hold's owner: an instance's name; the id of its run follows. */
export function ownerPrefix(instance: string): string {
  return `${instance}#`;
}

/** Releases holds that no instance has renewed. */
export async function releaseExpiredHolds(db: Db, nowMs: number, teller: Teller): Promise<number> {
  return release(db, await findExpiredHolds(db, nowMs), 'expired', nowMs, teller);
}

async function release(
  db: Db,
  requestIds: readonly string[],
  holdStatus: 'released' | 'expired',
  nowMs: number,
  { events, logger }: Teller,
): Promise<number> {
  for (const requestId of requestIds) {
    const accountId = await inTransaction(db, async (tx) => {
      const owner = await ownerOfHold(tx, requestId);
      if (owner === null) return null;
      const releasing = { requestId, holdStatus, writtenOff: zeroUsd, facts: interrupted };
      await withAccountLedger(tx, owner, nowMs, (ledger) => releaseRequest(tx, ledger, releasing), [requestId]);
      return owner;
    });
    if (accountId !== null) events.emit('account.changed', { accountId });
  }
  if (requestIds.length > 0) logger.warn('holds.returned', { count: requestIds.length, as: holdStatus });
  return requestIds.length;
}

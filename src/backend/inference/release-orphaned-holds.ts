import { zeroUsd } from '#shared/money.ts';
import { inTransaction } from '../database/in-transaction.ts';
import type { Db } from '../database/open-database.ts';
import { isPostgres } from '../database/is-postgres.ts';
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

/**
 * Releases the holds that former runs left open: on SQLite, which has one instance at a time, all of them; on
 * PostgreSQL those of this instance's name. Holds of other instances that are gone expire.
 */
export async function releaseOrphanedHolds(
  db: Db,
  { ownerId, instance }: { ownerId: string; instance: string },
  nowMs: number,
  logger: Logger,
): Promise<number> {
  const ownedBy = isPostgres(db) ? ownerPrefix(instance) : '';
  return release(db, await findForeignHolds(db, ownerId, ownedBy), 'released', nowMs, logger);
}

/** The prefix of a hold's owner: an instance's name; the id of its run follows. */
export function ownerPrefix(instance: string): string {
  return `${instance}#`;
}

/** Releases holds that no instance has renewed. */
export async function releaseExpiredHolds(db: Db, nowMs: number, logger: Logger): Promise<number> {
  return release(db, await findExpiredHolds(db, nowMs), 'expired', nowMs, logger);
}

async function release(
  db: Db,
  requestIds: readonly string[],
  holdStatus: 'released' | 'expired',
  nowMs: number,
  logger: Logger,
): Promise<number> {
  for (const requestId of requestIds) {
    await inTransaction(db, async (tx) => {
      const accountId = await ownerOfHold(tx, requestId);
      if (accountId === null) return;
      const releasing = { requestId, holdStatus, writtenOff: zeroUsd, facts: interrupted };
      await withAccountLedger(tx, accountId, nowMs, (ledger) => releaseRequest(tx, ledger, releasing), [requestId]);
    });
  }
  if (requestIds.length > 0) logger.warn('holds.returned', { count: requestIds.length, as: holdStatus });
  return requestIds.length;
}

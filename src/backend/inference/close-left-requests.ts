import { zeroUsd } from '#shared/money.ts';
import { inTransaction } from '../database/in-transaction.ts';
import type { Db } from '../database/open-database.ts';
import type { BackendLogger } from '../ports.ts';
import { withBooks } from '../store/account-books.ts';
import { findExpiredHolds, findForeignHolds, ownerOfHold } from '../store/hold-store.ts';
import { type EndFacts, releaseRequest } from './end-request.ts';

/** A request whose service instance is gone: nothing of it is known, so nothing of it is charged. */
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
};

/** Gives back every hold that a former instance of this service left open. Only where one instance owns the database. */
export async function releaseLeftHolds(db: Db, ownerId: string, nowMs: number, logger: BackendLogger): Promise<number> {
  return release(db, await findForeignHolds(db, ownerId), 'released', nowMs, logger);
}

/** Gives back holds that nobody kept alive. */
export async function releaseExpiredHolds(db: Db, nowMs: number, logger: BackendLogger): Promise<number> {
  return release(db, await findExpiredHolds(db, nowMs), 'expired', nowMs, logger);
}

async function release(
  db: Db,
  requestIds: readonly string[],
  holdStatus: 'released' | 'expired',
  nowMs: number,
  logger: BackendLogger,
): Promise<number> {
  for (const requestId of requestIds) {
    await inTransaction(db, async (tx) => {
      const accountId = await ownerOfHold(tx, requestId);
      if (accountId === null) return;
      const releasing = { requestId, holdStatus, absorbed: zeroUsd, facts: interrupted };
      await withBooks(tx, accountId, nowMs, (books) => releaseRequest(tx, books, releasing));
    });
  }
  if (requestIds.length > 0) logger.warn('holds.returned', { count: requestIds.length, as: holdStatus });
  return requestIds.length;
}

import { type NanoUsd, nanoUsd } from '#shared/money.ts';
import type { Db, Tx } from '../database/open-database.ts';
import type { HoldRow } from '../database/schema.ts';
import { availableOf, heldOf } from '../ledger/chart-of-accounts.ts';
import { repayDebt } from './debt-store.ts';
import { mustPost } from './ledger-store.ts';

export interface NewHold {
  requestId: string;
  accountId: string;
  amount: NanoUsd;
  /** The running service instance that answers for this hold. */
  ownerId: string;
  nowMs: number;
  expiresAtMs: number;
}

/** Reserves money for a request. The caller has checked, in this transaction, that it is there. */
export async function openHold(tx: Tx, hold: NewHold): Promise<void> {
  await tx
    .insertInto('holds')
    .values({
      request_id: hold.requestId,
      account_id: hold.accountId,
      amount: hold.amount,
      status: 'open',
      owner_id: hold.ownerId,
      opened_at_ms: BigInt(hold.nowMs),
      expires_at_ms: BigInt(hold.expiresAtMs),
      ended_at_ms: null,
    })
    .execute();
  await moveIntoHold(tx, hold, `${hold.requestId}:hold:1`, hold.amount, hold.nowMs);
}

/** Reserves more for a request under way. */
export async function growHold(tx: Tx, hold: HoldRow, amount: NanoUsd, nowMs: number): Promise<void> {
  const total = hold.amount + amount;
  await tx.updateTable('holds').set({ amount: total }).where('request_id', '=', hold.request_id).execute();
  // The total after a step names that step: no two steps of one hold end at the same total.
  const step = { requestId: hold.request_id, accountId: hold.account_id };
  await moveIntoHold(tx, step, `${hold.request_id}:hold:to-${total}`, amount, nowMs);
}

/** Null when the hold has ended: whoever ended it settled or released the request. */
export async function readOpenHold(tx: Tx, requestId: string): Promise<HoldRow | null> {
  const hold = await tx.selectFrom('holds').selectAll().where('request_id', '=', requestId).where('status', '=', 'open').executeTakeFirst();
  return hold ?? null;
}

export async function endHold(tx: Tx, requestId: string, status: 'settled' | 'released' | 'expired', nowMs: number): Promise<void> {
  await tx
    .updateTable('holds')
    .set({ status, ended_at_ms: BigInt(nowMs) })
    .where('request_id', '=', requestId)
    .where('status', '=', 'open')
    .execute();
}

/** Gives the whole reservation back. */
export async function returnHold(tx: Tx, hold: HoldRow, status: 'released' | 'expired', nowMs: number): Promise<void> {
  await endHold(tx, hold.request_id, status, nowMs);
  if (hold.amount === 0n) return;
  await mustPost(
    tx,
    {
      id: `${hold.request_id}:return`,
      kind: 'return',
      debitId: heldOf(hold.account_id),
      creditId: availableOf(hold.account_id),
      amount: nanoUsd(hold.amount),
      requestId: hold.request_id,
      orderId: null,
    },
    nowMs,
  );
  await repayDebt(tx, { accountId: hold.account_id, cause: hold.request_id, requestId: hold.request_id, orderId: null, nowMs });
}

/** Keeps the holds of requests that are still being answered from expiring. */
export async function prolongHolds(db: Db, requestIds: readonly string[], expiresAtMs: number): Promise<void> {
  const batchSize = 500;
  for (let start = 0; start < requestIds.length; start += batchSize) {
    await db
      .updateTable('holds')
      .set({ expires_at_ms: BigInt(expiresAtMs) })
      .where('request_id', 'in', requestIds.slice(start, start + batchSize))
      .where('status', '=', 'open')
      .execute();
  }
}

export async function findExpiredHolds(db: Db, nowMs: number): Promise<string[]> {
  const rows = await db
    .selectFrom('holds')
    .select('request_id')
    .where('status', '=', 'open')
    .where('expires_at_ms', '<', BigInt(nowMs))
    .execute();
  return rows.map((row) => row.request_id);
}

/** Open holds that an instance other than this one left. */
export async function findForeignHolds(db: Db, ownerId: string): Promise<string[]> {
  const rows = await db.selectFrom('holds').select('request_id').where('status', '=', 'open').where('owner_id', '<>', ownerId).execute();
  return rows.map((row) => row.request_id);
}

async function moveIntoHold(
  tx: Tx,
  hold: { requestId: string; accountId: string },
  transferId: string,
  amount: NanoUsd,
  nowMs: number,
): Promise<void> {
  if (amount === 0n) return;
  await mustPost(
    tx,
    {
      id: transferId,
      kind: 'hold',
      debitId: availableOf(hold.accountId),
      creditId: heldOf(hold.accountId),
      amount,
      requestId: hold.requestId,
      orderId: null,
    },
    nowMs,
  );
}

import { type Insertable, sql } from 'kysely';
import { type NanoUsd, nanoUsd } from '#shared/money.ts';
import type { Db, Tx } from '../database/open-database.ts';
import type { HoldRow, HoldTable } from '../database/schema.ts';
import { insertion, statement } from '../database/statement.ts';
import { availableOf, heldOf } from '../ledger/chart-of-accounts.ts';
import { settleDebt } from '../ledger/debt.ts';
import type { AccountLedger } from './account-ledger.ts';
import type { HeldRequest } from './held-request.ts';

export interface NewHold {
  requestId: string;
  amount: NanoUsd;
  /** What the request may cost at most beyond the amount. */
  exposure: NanoUsd;
  /** The running service instance that owns this hold. */
  ownerId: string;
  expiresAtMs: number;
  /** The key against whose caps and tokens per minute it counts; null for a key without any. */
  keyId: string | null;
  /** What it counted as against the key's tokens per minute; null where there is no such limit. */
  countedTokens: number | null;
}

const insertHold = insertion<Insertable<HoldTable>>('holds', [
  'request_id',
  'account_id',
  'amount',
  'exposure',
  'status',
  'owner_id',
  'opened_at_ms',
  'expires_at_ms',
  'ended_at_ms',
  'key_id',
  'counted_tokens',
]);

/** Reserves money for a request. The caller has checked, in this ledger, that it is available. */
export async function openHold(tx: Tx, ledger: AccountLedger, hold: NewHold): Promise<void> {
  await insertHold(tx, [
    {
      request_id: hold.requestId,
      account_id: ledger.accountId,
      amount: hold.amount,
      exposure: hold.exposure,
      status: 'open',
      owner_id: hold.ownerId,
      opened_at_ms: BigInt(ledger.nowMs),
      expires_at_ms: BigInt(hold.expiresAtMs),
      ended_at_ms: null,
      key_id: hold.keyId,
      counted_tokens: hold.countedTokens === null ? null : BigInt(hold.countedTokens),
    },
  ]);
  ledger.changeExposure(hold.exposure);
  moveIntoHold(ledger, hold.requestId, `${hold.requestId}:hold:1`, hold.amount);
}

/** Reserves more for a request under way. @returns the hold afterwards */
export async function growHold(
  tx: Tx,
  ledger: AccountLedger,
  hold: HeldRequest,
  amount: NanoUsd,
): Promise<HeldRequest> {
  const total = hold.amount + amount;
  const covered = amount < hold.exposure ? amount : hold.exposure;
  const exposure = hold.exposure - covered;
  await tx.updateTable('holds').set({ amount: total, exposure }).where('request_id', '=', hold.request_id).execute();
  ledger.changeExposure(-covered);
  // The step's id contains the total after it: no two steps of one hold end at the same total.
  moveIntoHold(ledger, hold.request_id, `${hold.request_id}:hold:to-${total}`, amount);
  const grown = { ...hold, amount: total, exposure };
  ledger.noteHeld(hold.request_id, grown);
  return grown;
}

/** The owner of a hold; null for a request that never had one. */
export async function ownerOfHold(tx: Tx, requestId: string): Promise<string | null> {
  const hold = await tx.selectFrom('holds').select('account_id').where('request_id', '=', requestId).executeTakeFirst();
  return hold?.account_id ?? null;
}

const updateEnded = statement<{ requestId: string; status: HoldRow['status']; endedAtMs: bigint }>((db, value) =>
  db
    .updateTable('holds')
    .set({ status: value('status'), ended_at_ms: value('endedAtMs'), exposure: 0n })
    .where('request_id', '=', value('requestId'))
    .where('status', '=', sql.lit('open')),
);

/** Ends a hold, and the account's risk of costs beyond it. */
export async function endHold(
  tx: Tx,
  ledger: AccountLedger,
  hold: HeldRequest,
  status: 'settled' | 'released' | 'expired',
): Promise<void> {
  const { request_id: requestId } = hold;
  ledger.changeExposure(-hold.exposure);
  ledger.noteHeld(requestId, null);
  await updateEnded.send(tx, { requestId, status, endedAtMs: BigInt(ledger.nowMs) });
}

/** Returns the whole hold. */
export async function returnHold(
  tx: Tx,
  ledger: AccountLedger,
  hold: HeldRequest,
  status: 'released' | 'expired',
): Promise<void> {
  const { request_id: requestId } = hold;
  await endHold(tx, ledger, hold, status);
  postReturn(ledger, requestId, nanoUsd(hold.amount));
}

/** Returns what a request did not need of its hold. */
export function postReturn(ledger: AccountLedger, requestId: string, amount: NanoUsd): void {
  if (amount === 0n) return;
  const ends = { debitId: heldOf(ledger.accountId), creditId: availableOf(ledger.accountId) };
  ledger.post({ id: `${requestId}:return`, kind: 'return', ...ends, amount, requestId, orderId: null });
  settleDebt(ledger, { cause: requestId, requestId, orderId: null });
}

/** Renews the holds of requests that are still being answered. */
export async function prolongHolds(db: Db, requestIds: readonly string[], expiresAtMs: number): Promise<void> {
  const batchSize = 500;
  for (let start = 0; start < requestIds.length; start += batchSize) {
    await db
      .updateTable('holds')
      .set({ expires_at_ms: BigInt(expiresAtMs) })
      .where('request_id', 'in', requestIds.slice(start, start + batchSize))
      .where('status', '=', sql.lit('open'))
      .execute();
  }
}

export async function findExpiredHolds(db: Db, nowMs: number): Promise<string[]> {
  const rows = await db
    .selectFrom('holds')
    .select('request_id')
    .where('status', '=', sql.lit('open'))
    .where('expires_at_ms', '<', BigInt(nowMs))
    .execute();
  return rows.map((row) => row.request_id);
}

/** Open holds of other owners. @param ownedBy prefix of their names; empty for all */
export async function findForeignHolds(db: Db, ownerId: string, ownedBy: string): Promise<string[]> {
  const rows = await db
    .selectFrom('holds')
    .select(['request_id', 'owner_id'])
    .where('status', '=', sql.lit('open'))
    .where('owner_id', '<>', ownerId)
    .execute();
  return rows.filter((row) => row.owner_id.startsWith(ownedBy)).map((row) => row.request_id);
}

/** What an account's requests hold that were admitted before a moment. */
export async function sumHeldBefore(tx: Tx, accountId: string, beforeMs: number): Promise<NanoUsd> {
  const row = await tx
    .selectFrom('holds')
    .select(({ fn }) => fn.sum<bigint | null>('amount').as('held'))
    .where('account_id', '=', accountId)
    .where('status', '=', sql.lit('open'))
    .where('opened_at_ms', '<', BigInt(beforeMs))
    .executeTakeFirst();
  return nanoUsd(BigInt(row?.held ?? 0n));
}

export async function countOpenHolds(db: Db): Promise<number> {
  const row = await db
    .selectFrom('holds')
    .select(({ fn }) => fn.countAll<bigint>().as('count'))
    .where('status', '=', sql.lit('open'))
    .executeTakeFirst();
  return Number(row?.count ?? 0n);
}

function moveIntoHold(ledger: AccountLedger, requestId: string, transferId: string, amount: NanoUsd): void {
  if (amount === 0n) return;
  const ends = { debitId: availableOf(ledger.accountId), creditId: heldOf(ledger.accountId) };
  ledger.post({ id: transferId, kind: 'hold', ...ends, amount, requestId, orderId: null });
}

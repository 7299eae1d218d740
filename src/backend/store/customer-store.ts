import type { KeyScope } from '#shared/account/keys.ts';
import type { Db, Tx } from '../database/open-database.ts';
import { rowLock } from '../database/row-lock.ts';
import type { CustomerKeyRow } from '../database/schema.ts';

export async function insertAccount(tx: Tx, accountId: string, nowMs: number): Promise<void> {
  await tx
    .insertInto('customer_accounts')
    .values({ id: accountId, created_at_ms: BigInt(nowMs), monthly_cap: null })
    .execute();
}

export interface NewKey {
  id: string;
  accountId: string;
  keyHash: string;
  hint: string;
  label: string;
  /** JSON; absent or null: none. */
  limits?: string | null;
  scope: KeyScope;
  nowMs: number;
}

export async function insertKey(tx: Db | Tx, key: NewKey): Promise<void> {
  await tx
    .insertInto('customer_keys')
    .values({
      id: key.id,
      account_id: key.accountId,
      key_hash: key.keyHash,
      hint: key.hint,
      label: key.label,
      limits: key.limits ?? null,
      scope: key.scope,
      created_at_ms: BigInt(key.nowMs),
      revoked_at_ms: null,
    })
    .execute();
}

/** The key with this hash, revoked or not. */
export async function findKey(db: Db, keyHash: string): Promise<CustomerKeyRow | null> {
  const row = await db.selectFrom('customer_keys').selectAll().where('key_hash', '=', keyHash).executeTakeFirst();
  return row ?? null;
}

export async function readKey(db: Db | Tx, keyId: string): Promise<CustomerKeyRow | null> {
  const row = await db.selectFrom('customer_keys').selectAll().where('id', '=', keyId).executeTakeFirst();
  return row ?? null;
}

/** All keys of an account, newest first. */
export async function listKeys(db: Db | Tx, accountId: string): Promise<CustomerKeyRow[]> {
  return db.selectFrom('customer_keys').selectAll().where('account_id', '=', accountId).orderBy('id', 'desc').execute();
}

/** Others wait with what they change of this account until the transaction ends. */
export async function lockAccount(tx: Tx, accountId: string): Promise<void> {
  await tx.selectFrom('customer_accounts').select('id').where('id', '=', accountId).$call(rowLock(tx)).execute();
}

export async function writeKey(tx: Tx, keyId: string, change: { label: string; limits: string | null }): Promise<void> {
  await tx.updateTable('customer_keys').set(change).where('id', '=', keyId).execute();
}

/** @returns the key's hash, or null when there is no such key that is not revoked yet */
export async function revokeKey(db: Db | Tx, keyId: string, nowMs: number): Promise<string | null> {
  const row = await db
    .updateTable('customer_keys')
    .set({ revoked_at_ms: BigInt(nowMs) })
    .where('id', '=', keyId)
    .where('revoked_at_ms', 'is', null)
    .returning('key_hash')
    .executeTakeFirst();
  return row?.key_hash ?? null;
}

import { sql } from 'kysely';
import type { KeyScope } from '#shared/account/keys.ts';
import type { BillingPlan } from '#shared/account/request-billing.ts';
import type { Role } from '#shared/account/workspace.ts';
import { CorvusError } from '#shared/errors.ts';
import type { Db, Tx } from '../database/open-database.ts';
import { rowLock } from '../database/is-postgres.ts';
import { publishKeyChange } from '../database/publish-with-commit.ts';
import type { CustomerAccountRow, CustomerKeyRow } from '../database/schema.ts';
import type { RequestScope } from './caller.ts';

/** A key with the role of its member. */
export type KeyRow = CustomerKeyRow & { role: Role };

/** False where there is one of this id. */
export async function insertAccount(tx: Tx, accountId: string, plan: BillingPlan, nowMs: number): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('customer_accounts')
    .values({ id: accountId, created_at_ms: BigInt(nowMs), monthly_cap: null, billing_plan: plan })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
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
  /** The member it belongs to; absent or null: an owner's. */
  memberId?: string | null;
  /** The key that it takes the place of; absent or null: none. */
  replaces?: string | null;
  nowMs: number;
}

/** False where there is one of this id. */
export async function insertKey(tx: Db | Tx, key: NewKey): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('customer_keys')
    .values({
      id: key.id,
      account_id: key.accountId,
      key_hash: key.keyHash,
      hint: key.hint,
      label: key.label,
      limits: key.limits ?? null,
      scope: key.scope,
      member_id: key.memberId ?? null,
      replaces: key.replaces ?? null,
      created_at_ms: BigInt(key.nowMs),
      revoked_at_ms: null,
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

const keysWithRole = (db: Db | Tx) =>
  db
    .selectFrom('customer_keys')
    .leftJoin('members', 'members.id', 'customer_keys.member_id')
    .selectAll('customer_keys')
    .select(({ fn }) => fn.coalesce('members.role', sql<Role>`'owner'`).as('role'));

/** The key with this hash, revoked or not. */
export async function findKey(db: Db, keyHash: string): Promise<KeyRow | null> {
  return (await keysWithRole(db).where('customer_keys.key_hash', '=', keyHash).executeTakeFirst()) ?? null;
}

export async function readKey(db: Db | Tx, keyId: string): Promise<KeyRow | null> {
  return (await keysWithRole(db).where('customer_keys.id', '=', keyId).executeTakeFirst()) ?? null;
}

/** All keys of an account or of one of its members, newest first. */
export async function listKeys(db: Db | Tx, { accountId, memberId }: RequestScope): Promise<KeyRow[]> {
  let query = keysWithRole(db).where('customer_keys.account_id', '=', accountId);
  if (memberId !== null) query = query.where('customer_keys.member_id', '=', memberId);
  return query.orderBy('customer_keys.id', 'desc').execute();
}

/** Throws `not_found` where there is none of this id. */
export async function requireAccount(tx: Tx, accountId: string): Promise<CustomerAccountRow> {
  const account = await tx.selectFrom('customer_accounts').selectAll().where('id', '=', accountId).executeTakeFirst();
  if (account) return account;
  throw new CorvusError('not_found', 'There is no such account.');
}

/** Locks the account for changes until the transaction ends. */
export async function lockAccount(tx: Tx, accountId: string): Promise<void> {
  await tx.selectFrom('customer_accounts').select('id').where('id', '=', accountId).$call(rowLock(tx)).execute();
}

/** A key and those whose place it took, by their ids. */
export async function keyLineage(tx: Tx, keyId: string): Promise<string[]> {
  const rows = await tx
    .withRecursive('lineage', (db) =>
      db
        .selectFrom('customer_keys')
        .select(['id', 'replaces'])
        .where('id', '=', keyId)
        .unionAll(
          db
            .selectFrom('lineage')
            .innerJoin('customer_keys', 'customer_keys.id', 'lineage.replaces')
            .select(['customer_keys.id', 'customer_keys.replaces']),
        ),
    )
    .selectFrom('lineage')
    .select('id')
    .execute();
  return rows.map(({ id }) => id);
}

/** All instances hear of it. */
export async function writeKey(tx: Tx, keyId: string, change: { label: string; limits: string | null }): Promise<void> {
  const query = tx.updateTable('customer_keys').set(change).where('id', '=', keyId).returning('key_hash');
  await publishKeyChange(tx, (await query.executeTakeFirstOrThrow()).key_hash);
}

/** All instances hear of it. @returns the key's hash; null when there is no such key or it is revoked already */
export async function revokeKey(tx: Tx, keyId: string, nowMs: number): Promise<string | null> {
  const row = await tx
    .updateTable('customer_keys')
    .set({ revoked_at_ms: BigInt(nowMs) })
    .where('id', '=', keyId)
    .where('revoked_at_ms', 'is', null)
    .returning('key_hash')
    .executeTakeFirst();
  if (!row) return null;
  await publishKeyChange(tx, row.key_hash);
  return row.key_hash;
}

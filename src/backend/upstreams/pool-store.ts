import type { Db, Tx } from '../database/open-database.ts';
import type { PoolCredentialRow } from '../database/tables/pools.ts';

export async function readPoolVersion(db: Db): Promise<bigint> {
  const { version } = await db.selectFrom('pool_versions').select('version').executeTakeFirstOrThrow();
  return version;
}

export function listCredentials(db: Db | Tx): Promise<PoolCredentialRow[]> {
  return db
    .selectFrom('pool_credentials')
    .selectAll()
    .where('removed_at_ms', 'is', null)
    .orderBy('pool')
    .orderBy('name')
    .execute();
}

export function listRoutes(db: Db | Tx): Promise<{ family: string; pools: string }[]> {
  return db.selectFrom('pool_routes').selectAll().orderBy('family').execute();
}

/**
 * Takes the lock for changes of the pools, and has every instance read them again once this transaction is committed.
 */
export async function bumpPoolVersion(tx: Tx): Promise<void> {
  await tx
    .updateTable('pool_versions')
    .set((row) => ({ version: row('version', '+', 1n) }))
    .execute();
}

export function findCredential(db: Db | Tx, id: string): Promise<PoolCredentialRow | undefined> {
  return db
    .selectFrom('pool_credentials')
    .selectAll()
    .where('id', '=', id)
    .where('removed_at_ms', 'is', null)
    .executeTakeFirst();
}

export type CredentialChange = Partial<
  Pick<
    PoolCredentialRow,
    | 'base_url'
    | 'priority'
    | 'weight'
    | 'is_enabled'
    | 'model_map'
    | 'sealed_secret'
    | 'master_key_id'
    | 'removed_at_ms'
  >
>;

export async function updateCredential(tx: Tx, id: string, change: CredentialChange, nowMs: number): Promise<void> {
  await tx
    .updateTable('pool_credentials')
    .set({ ...change, updated_at_ms: BigInt(nowMs) })
    .where('id', '=', id)
    .execute();
}

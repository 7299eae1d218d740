import type { z } from 'zod';
import { CorvusError } from '#shared/errors.ts';
import { timeOrderedId } from '#shared/ids.ts';
import { inTransaction } from '../database/in-transaction.ts';
import type { Tx } from '../database/open-database.ts';
import type { PoolCredentialRow } from '../database/tables/pools.ts';
import { readModelMap } from './live-pools.ts';
import type { SecretSeal } from './secret-seal.ts';
import { appendAudit } from '../operator/audit-store.ts';
import { bumpPoolVersion, findCredential, updateCredential } from './pool-store.ts';
import type { Operator } from '../auth/operator-access.ts';
import type { addCredentialSchema, changeCredentialSchema, replaceSecretSchema, routeSchema } from './pool-input.ts';
import type { UpstreamRouteDeps } from './upstream-route-deps.ts';

/** What the audit log says of a credential: never its secret, sealed or not. */
interface AuditedCredential {
  pool: string;
  name: string;
  baseUrl: string;
  priority: number;
  weight: number;
  isEnabled: boolean;
  modelMap: string;
}

/** Puts a credential into a pool. Throws `conflict` where the pool has one of that name. */
export async function addCredential(
  services: UpstreamRouteDeps,
  operator: Operator,
  { reason, secret, modelMap, ...input }: z.infer<typeof addCredentialSchema>,
): Promise<{ id: string }> {
  const seal = requireSeal(services);
  const nowMs = services.clock.nowMs();
  const id = timeOrderedId('cred', nowMs, services.random.bytes(10));
  const sealed = seal.seal(secret, { id, ...input });
  const isOfSettings = services.livePools
    .current()
    .credentials.some(({ source, pool, name }) => source === 'settings' && pool === input.pool && name === input.name);
  if (isOfSettings) throw taken();
  await changing(services, async (tx) => {
    const now = BigInt(nowMs);
    const { numInsertedOrUpdatedRows: added } = await tx
      .insertInto('pool_credentials')
      .values({
        id,
        pool: input.pool,
        name: input.name,
        base_url: input.baseUrl,
        dialect_family: input.dialectFamily,
        priority: BigInt(input.priority),
        weight: BigInt(input.weight),
        is_enabled: 1n,
        model_map: JSON.stringify(modelMap),
        sealed_secret: sealed.sealedSecret,
        master_key_id: sealed.masterKeyId,
        created_at_ms: now,
        updated_at_ms: now,
        removed_at_ms: null,
      })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow();
    if (added === 0n) throw taken();
    await audit(tx, operator, {
      action: 'credential.add',
      id,
      reason,
      before: null,
      after: await audited(tx, id),
      nowMs,
    });
  });
  return { id };
}

/** Changes how much a credential is used, and what the upstream calls models. Throws `not_found`. */
export function changeCredential(
  services: UpstreamRouteDeps,
  operator: Operator,
  { id, reason, ...input }: z.infer<typeof changeCredentialSchema> & { id: string },
): Promise<void> {
  const change = {
    ...(input.priority === undefined ? {} : { priority: BigInt(input.priority) }),
    ...(input.weight === undefined ? {} : { weight: BigInt(input.weight) }),
    ...(input.isEnabled === undefined ? {} : { is_enabled: input.isEnabled ? 1n : 0n }),
    ...(input.modelMap === undefined ? {} : { model_map: JSON.stringify(input.modelMap) }),
  };
  return update(services, operator, { id, reason, action: 'credential.change', change: () => change });
}

/** Seals a new secret; the address has to be given again. Throws `not_found`. */
export function replaceSecret(
  services: UpstreamRouteDeps,
  operator: Operator,
  { id, reason, secret, baseUrl }: z.infer<typeof replaceSecretSchema> & { id: string },
): Promise<void> {
  const seal = requireSeal(services);
  return update(services, operator, {
    id,
    reason,
    action: 'credential.replace-secret',
    change({ pool, name }) {
      const { sealedSecret, masterKeyId } = seal.seal(secret, { id, pool, name, baseUrl });
      return { base_url: baseUrl, sealed_secret: sealedSecret, master_key_id: masterKeyId };
    },
  });
}

/** Removes a credential for good. Its row stays, its secret does not. Throws `not_found`. */
export function removeCredential(
  services: UpstreamRouteDeps,
  operator: Operator,
  { id, reason }: { id: string; reason: string },
): Promise<void> {
  const change = { removed_at_ms: BigInt(services.clock.nowMs()), is_enabled: 0n, sealed_secret: '' };
  return update(services, operator, { id, reason, action: 'credential.remove', change: () => change });
}

/** Sets which pools serve a family, first choice first. */
export function routeFamily(
  services: UpstreamRouteDeps,
  operator: Operator,
  { family, pools, reason }: z.infer<typeof routeSchema>,
): Promise<void> {
  const nowMs = services.clock.nowMs();
  return changing(services, async (tx) => {
    const earlier = await tx.selectFrom('pool_routes').select('pools').where('family', '=', family).executeTakeFirst();
    const names = JSON.stringify([...new Set(pools)]);
    await tx
      .insertInto('pool_routes')
      .values({ family, pools: names })
      .onConflict((conflict) => conflict.column('family').doUpdateSet({ pools: names }))
      .execute();
    await audit(tx, operator, {
      action: 'pools.route',
      id: family,
      reason,
      before: earlier ?? null,
      after: { pools: names },
      nowMs,
    });
  });
}

interface Update {
  id: string;
  reason: string;
  action: string;
  change(row: PoolCredentialRow): Parameters<typeof updateCredential>[2];
}

function update(
  services: UpstreamRouteDeps,
  operator: Operator,
  { id, reason, action, change }: Update,
): Promise<void> {
  const nowMs = services.clock.nowMs();
  return changing(services, async (tx) => {
    const row = await findCredential(tx, id);
    if (!row) throw new CorvusError('not_found', 'There is no such credential in use.');
    await updateCredential(tx, id, change(row), nowMs);
    const after = await audited(tx, id);
    await audit(tx, operator, { action, id, reason, before: describe(row), after, nowMs });
  });
}

async function changing(services: UpstreamRouteDeps, work: (tx: Tx) => Promise<void>): Promise<void> {
  await inTransaction(services.db, async (tx) => {
    // First, because it locks: changes of pools come one after the other.
    await bumpPoolVersion(tx);
    await work(tx);
  });
  services.events.emit('pools.changed', null);
  await services.livePools.refresh();
}

/** Null: removed. */
async function audited(tx: Tx, id: string): Promise<AuditedCredential | null> {
  const row = await findCredential(tx, id);
  return row ? describe(row) : null;
}

function describe(row: PoolCredentialRow): AuditedCredential {
  const { pool, name, base_url: baseUrl } = row;
  const load = { priority: Number(row.priority), weight: Number(row.weight), isEnabled: row.is_enabled === 1n };
  return { pool, name, baseUrl, ...load, modelMap: JSON.stringify(readModelMap(row)) };
}

interface Noted {
  action: string;
  id: string;
  reason: string;
  before: object | null;
  after: object | null;
  nowMs: number;
}

function audit(tx: Tx, operator: Operator, { id, ...noted }: Noted): Promise<void> {
  return appendAudit(tx, { operator: operator.name, subject: id, accountId: null, ...noted });
}

function requireSeal({ seal }: UpstreamRouteDeps): SecretSeal {
  if (seal) return seal;
  throw new CorvusError(
    'conflict',
    'Set CORVUSLLM_BACKEND_MASTER_KEY first: without it no upstream key can be kept in the database.',
  );
}

function taken(): CorvusError {
  return new CorvusError('conflict', 'The pool has a credential of this name.');
}

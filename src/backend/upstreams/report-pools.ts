import { modelFamilies } from '#shared/domain/model-price.ts';
import { isoTime } from '#shared/time.ts';
import { readModelMap, readRoutes } from './live-pools.ts';
import { poolsOf } from './pool-state.ts';
import { listCredentials } from './pool-store.ts';
import type { UpstreamRouteDeps } from './upstream-route-deps.ts';

/** One credential of the database, in use or not. */
export interface StoredCredential {
  id: string;
  pool: string;
  name: string;
  baseUrl: string;
  dialectFamily: string;
  priority: number;
  weight: number;
  isEnabled: boolean;
  /** False: no configured master key opens it; it serves no calls until its secret is replaced. */
  opens: boolean;
  modelMap: Readonly<Record<string, string>>;
  updatedAt: string;
}

export async function listStoredCredentials({
  db,
  seal,
}: Pick<UpstreamRouteDeps, 'db' | 'seal'>): Promise<StoredCredential[]> {
  return (await listCredentials(db)).map((row) => {
    const { id, pool, name, base_url: baseUrl, dialect_family: dialectFamily } = row;
    const sealed = { sealedSecret: row.sealed_secret, masterKeyId: row.master_key_id };
    return {
      id,
      pool,
      name,
      baseUrl,
      dialectFamily,
      priority: Number(row.priority),
      weight: Number(row.weight),
      isEnabled: row.is_enabled === 1n,
      opens: seal !== null && seal.open(sealed, { id, pool, name, baseUrl }) !== null,
      modelMap: readModelMap(row),
      updatedAt: isoTime(row.updated_at_ms),
    };
  });
}

/** The pools that serve each family, first choice first. */
export async function listFamilyRoutes({
  db,
}: Pick<UpstreamRouteDeps, 'db'>): Promise<{ family: string; pools: readonly string[] }[]> {
  const routes = await readRoutes(db);
  return modelFamilies.map((family) => ({ family, pools: poolsOf(routes, family) }));
}

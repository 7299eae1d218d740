import type { UpstreamCandidate } from '#proxy/upstream/order-candidates.ts';
import type { PoolFamily } from '#shared/domain/dialect.ts';
import { type ModelFamily, modelFamilies } from '#shared/domain/model-price.ts';

/** One way to serve a model: an account at an upstream. */
export interface HttpCredential extends Pick<UpstreamCandidate, 'name' | 'priority' | 'weight'> {
  /** Scheme, host, port and base path as the upstream documents it, for example `https://api.openai.com/v1`. */
  baseUrl: string;
  dialectFamily: PoolFamily;
  apiKey: string;
  /** The upstream's name of a model, by slug; other slugs are sent unchanged. */
  modelMap?: Readonly<Record<string, string>>;
}

/** Pools of the settings, each named after the family it serves. `echo`: the built-in model serves the family. */
export type Pools = Readonly<Partial<Record<ModelFamily, readonly HttpCredential[] | 'echo'>>>;

export interface PooledCredential extends HttpCredential {
  pool: string;
  source: 'settings' | 'database';
  /** Changes with every change of the credential. */
  revision: string;
}

/** The pools that serve a family, first choice first. */
export type Routes = ReadonlyMap<string, readonly string[]>;

/** All usable credentials by pool, and the pools of each family. Replaced as a whole when something changes. */
export interface PoolState {
  credentials: readonly PooledCredential[];
  routes: Routes;
}

/** A family without a route is served by the pool of its own name. */
export function poolsOf(routes: Routes, family: ModelFamily): readonly string[] {
  return routes.get(family) ?? [family];
}

/** Both sources together; if both have a credential of one name in one pool, the settings' is used. */
export function mergePools(settings: Pools, stored: readonly PooledCredential[], routes: Routes): PoolState {
  const own = modelFamilies.flatMap((family) => {
    const pool = settings[family];
    return pool === undefined || pool === 'echo'
      ? []
      : pool.map((member): PooledCredential => ({ ...member, pool: family, source: 'settings', revision: '' }));
  });
  const isShadowed = ({ pool, name }: PooledCredential): boolean =>
    own.some((other) => other.pool === pool && other.name === name);
  return { credentials: [...own, ...stored.filter((credential) => !isShadowed(credential))], routes };
}

/** A credential's name in attempts: its own name, after the pool's where that is not the family's. */
export function attemptName(family: ModelFamily, { pool, name }: { pool: string; name: string }): string {
  return pool === family ? name : `${pool}/${name}`;
}

/** The built-in model for every family: what a play-money service sells. */
export const echoForEveryFamily: Pools = Object.fromEntries(modelFamilies.map((family) => [family, 'echo' as const]));

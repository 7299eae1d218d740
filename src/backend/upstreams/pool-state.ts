import type { PoolMember } from '#proxy/upstream/credential-pool.ts';
import type { DialectFamily } from '#shared/domain/dialect.ts';
import { type ModelFamily, modelFamilies } from '#shared/domain/model-price.ts';

/** One way to serve a model: an account at an upstream. */
export interface HttpCredential extends PoolMember {
  /** Scheme, host, port and base path as the upstream documents it, for example `https://api.openai.com/v1`. */
  baseUrl: string;
  dialectFamily: DialectFamily;
  apiKey: string;
  /** What the upstream calls a model, by slug; a slug that is not here is sent as it is. */
  modelMap?: Readonly<Record<string, string>>;
}

/** Pools of the settings, each named by the family that it serves. `echo`: the built-in model answers for the family. */
export type Pools = Readonly<Partial<Record<ModelFamily, readonly HttpCredential[] | 'echo'>>>;

export interface PooledCredential extends HttpCredential {
  pool: string;
  source: 'settings' | 'database';
  /** Another one whenever it was changed. */
  revision: string;
}

/** Which pools a family is served by, first choice first. */
export type Routes = ReadonlyMap<string, readonly string[]>;

/** Every credential that may be used, by pool, and the way from a family to its pools. Replaced as a whole when something changes. */
export interface PoolState {
  credentials: readonly PooledCredential[];
  routes: Routes;
}

/** A family that no route names is served by the pool of its own name. */
export function poolsOf(routes: Routes, family: ModelFamily): readonly string[] {
  return routes.get(family) ?? [family];
}

/** Both sources together; where both have a credential of one name in one pool, the settings' is used. */
export function mergePools(settings: Pools, stored: readonly PooledCredential[], routes: Routes): PoolState {
  const own = modelFamilies.flatMap((family) => {
    const pool = settings[family];
    return pool === undefined || pool === 'echo'
      ? []
      : pool.map((member): PooledCredential => ({ ...member, pool: family, source: 'settings', revision: '' }));
  });
  const isShadowed = ({ pool, name }: PooledCredential): boolean => own.some((other) => other.pool === pool && other.name === name);
  return { credentials: [...own, ...stored.filter((credential) => !isShadowed(credential))], routes };
}

/** What a credential is called in attempts: its name, with the pool's before it where that is not the family's own. */
export function attemptName(family: ModelFamily, { pool, name }: { pool: string; name: string }): string {
  return pool === family ? name : `${pool}/${name}`;
}

/** The built-in model behind every family: what a play-money service sells. */
export const echoForEveryFamily: Pools = Object.fromEntries(modelFamilies.map((family) => [family, 'echo' as const]));

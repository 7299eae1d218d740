import type { Selectable } from 'kysely';
import type { PoolFamily } from '#shared/domain/dialect.ts';
import type { Immutable } from './immutable.ts';

export interface PoolCredentialTable {
  id: Immutable<string>;
  pool: Immutable<string>;
  name: Immutable<string>;
  base_url: string;
  dialect_family: Immutable<PoolFamily>;
  priority: bigint;
  weight: bigint;
  is_enabled: bigint;
  /** JSON: the upstream's name of a model, by slug. */
  model_map: string;
  sealed_secret: string;
  /** The fingerprint of the master key that sealed it. */
  master_key_id: string;
  created_at_ms: Immutable<bigint>;
  updated_at_ms: bigint;
  /** Null: in use. */
  removed_at_ms: bigint | null;
}

export interface PoolRouteTable {
  family: Immutable<string>;
  /** JSON: names of pools, in the order in which they are tried. */
  pools: string;
}

export interface PoolVersionTable {
  id: Immutable<bigint>;
  version: bigint;
}

export type PoolCredentialRow = Selectable<PoolCredentialTable>;

export interface PoolTables {
  pool_credentials: PoolCredentialTable;
  pool_routes: PoolRouteTable;
  pool_versions: PoolVersionTable;
}

import { z } from 'zod';
import type { Db } from '../database/open-database.ts';
import type { PoolCredentialRow } from '../database/tables/pools.ts';
import type { Closeable } from '../runtime/closer.ts';
import type { Events } from '../runtime/events.ts';
import type { Clock, Logger } from '#shared/ports.ts';
import { listCredentials, listRoutes, readPoolVersion } from './pool-store.ts';
import { mergePools, type PooledCredential, type Pools, type PoolState, type Routes } from './pool-state.ts';
import type { SecretSeal } from './secret-seal.ts';

/** The present pools: those of the settings, and those of the database as this instance last read them. */
export interface LivePools {
  current(): PoolState;
  /** Reads the database's pools again. */
  refresh(): Promise<void>;
  /** Checks every few seconds whether another instance changed them. */
  start(): Closeable;
}

interface LivePoolsDeps {
  settings: Pools;
  db: Db;
  clock: Clock;
  events: Pick<Events, 'on'>;
  logger: Logger;
  /** Null: without a master key no secret in the database opens. */
  seal: SecretSeal | null;
}

const lookEveryMs = 3_000;
const namesSchema = z.array(z.string());
const modelMapSchema = z.record(z.string(), z.string());

export function createLivePools({ settings, db, clock, events, logger, seal }: LivePoolsDeps): LivePools {
  let state = mergePools(settings, [], new Map());
  let version: bigint | null = null;
  let reading: Promise<void> = Promise.resolve();

  function open(row: PoolCredentialRow): PooledCredential[] {
    const { id, pool, name, base_url: baseUrl, dialect_family: dialectFamily } = row;
    const apiKey =
      seal?.open({ sealedSecret: row.sealed_secret, masterKeyId: row.master_key_id }, { id, pool, name, baseUrl }) ??
      null;
    if (apiKey === null) {
      logger.error('pools.sealed', { credentialId: id, pool, name, masterKeyId: row.master_key_id });
      return [];
    }
    const modelMap = readModelMap(row);
    const load = { priority: Number(row.priority), weight: Number(row.weight) };
    return [
      {
        pool,
        name,
        baseUrl,
        dialectFamily,
        apiKey,
        modelMap,
        ...load,
        source: 'database',
        revision: String(row.updated_at_ms),
      },
    ];
  }

  async function read(): Promise<void> {
    // The version first: a change meanwhile has a higher one, and is read again.
    const newest = await readPoolVersion(db);
    if (newest === version) return;
    const rows = await listCredentials(db);
    const routes = await readRoutes(db);
    state = mergePools(settings, rows.filter((row) => row.is_enabled === 1n).flatMap(open), routes);
    version = newest;
  }

  /** One after the other: an older reading must not replace a newer one. */
  function refresh(): Promise<void> {
    reading = reading.catch(() => undefined).then(read);
    return reading;
  }

  // A reading that fails is done again within seconds.
  const refreshSoon = (): void => void refresh().catch(() => undefined);
  events.on('pools.changed', refreshSoon);
  events.on('messages.missed', refreshSoon);

  return {
    current: () => state,
    refresh,
    start() {
      const close = clock.every(lookEveryMs, () => {
        refresh().catch((error: unknown) => logger.warn('pools.not-read', { error: String(error) }));
      });
      return { close };
    },
  };
}

export async function readRoutes(db: Db): Promise<Routes> {
  return new Map((await listRoutes(db)).map(({ family, pools }) => [family, namesSchema.parse(JSON.parse(pools))]));
}

export function readModelMap({ model_map: modelMap }: Pick<PoolCredentialRow, 'model_map'>): Record<string, string> {
  return modelMapSchema.parse(JSON.parse(modelMap));
}

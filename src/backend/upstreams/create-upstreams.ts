import type { BuiltinTarget } from '#proxy/call.ts';
import type { Network } from '#proxy/network/create-network.ts';
import { createSend, type Send } from '#proxy/upstream/send.ts';
import { createUpstreamSelector } from '#proxy/upstream/upstream-selector.ts';
import type { FirstByteTimeouts } from '#shared/domain/first-byte-timeouts.ts';
import { modelFamilies } from '#shared/domain/model-price.ts';
import type { Db } from '../database/open-database.ts';
import type { Closeable } from '../runtime/closer.ts';
import type { Events } from '../runtime/events.ts';
import type { Clock, Logger, Random } from '#shared/ports.ts';
import { createLivePools, type LivePools } from './live-pools.ts';
import type { Pools } from './pool-state.ts';
import { createRouteHealth, type RouteHealth } from './route-health.ts';
import { createSecretSeal, type SecretSeal } from './secret-seal.ts';
import { createUpstreamPools, type UpstreamPools } from './upstream-pools.ts';
import { inTransaction } from '../database/in-transaction.ts';
import { bumpPoolVersion, listCredentials, updateCredential } from './pool-store.ts';

interface UpstreamDeps {
  settings: Pools;
  masterKeys: readonly Buffer[];
  db: Db;
  clock: Clock;
  random: Random;
  logger: Logger;
  events: Events;
  echo: BuiltinTarget;
  network: Network;
  firstByteTimeouts: FirstByteTimeouts;
}

export interface Upstreams extends Closeable {
  /** Null: without a master key the database keeps no upstream key. */
  seal: SecretSeal | null;
  livePools: LivePools;
  pools: UpstreamPools;
  routeHealth: RouteHealth;
  send: Send;
  /** Reads the pools of the database, and looks from then on whether they change, until what it returns is closed. */
  start(): Promise<Closeable>;
}

/**
 * Upstream credentials of the settings and of the database: from the seal of their secrets to the connection to an
 * upstream.
 */
export function createUpstreams({
  settings,
  masterKeys,
  db,
  clock,
  random,
  logger,
  events,
  echo,
  network,
  firstByteTimeouts,
}: UpstreamDeps): Upstreams {
  const seal = masterKeys.length === 0 ? null : createSecretSeal(masterKeys);
  const livePools = createLivePools({ settings, db, clock, events, logger, seal });
  const builtin = (family: keyof Pools): boolean => settings[family] === 'echo';
  const selector = createUpstreamSelector({ account: 'platform', nowMs: clock.nowMs, random });
  const pools = createUpstreamPools({
    builtin,
    current: livePools.current,
    echo,
    selector,
    firstByteTimeouts,
    nowMs: clock.nowMs,
  });
  const send = createSend(network);
  return {
    seal,
    livePools,
    pools,
    routeHealth: createRouteHealth({ pools, families: modelFamilies, nowMs: clock.nowMs }),
    send,
    async start() {
      if (seal) await resealSecrets(db, seal, clock.nowMs());
      await livePools.refresh();
      return livePools.start();
    },
    close: network.close,
  };
}

/** Seals with the newest master key what an older one sealed. @returns how many were sealed again */
async function resealSecrets(db: Db, seal: SecretSeal, nowMs: number): Promise<number> {
  if ((await listCredentials(db)).every((row) => seal.isCurrent(row.master_key_id))) return 0;
  return inTransaction(db, async (tx) => {
    await bumpPoolVersion(tx);
    let count = 0;
    for (const row of await listCredentials(tx)) {
      if (seal.isCurrent(row.master_key_id)) continue;
      const owner = { id: row.id, pool: row.pool, name: row.name, baseUrl: row.base_url };
      const secret = seal.open({ sealedSecret: row.sealed_secret, masterKeyId: row.master_key_id }, owner);
      if (secret === null) continue;
      const { sealedSecret, masterKeyId } = seal.seal(secret, owner);
      await updateCredential(tx, row.id, { sealed_secret: sealedSecret, master_key_id: masterKeyId }, nowMs);
      count += 1;
    }
    return count;
  });
}

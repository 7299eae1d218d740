import type { BuiltinTarget } from '#proxy/call.ts';
import type { Db } from '../database/open-database.ts';
import type { PubSub } from '../database/pub-sub.ts';
import type { BackendClock, BackendLogger } from '../runtime/ports.ts';
import { createLivePools } from './live-pools.ts';
import type { Pools } from './pool-state.ts';
import { createSecretSeal, type SecretSeal } from './secret-seal.ts';
import { createUpstreamPools } from './upstream-pools.ts';
import { inTransaction } from '../database/in-transaction.ts';
import { bumpPoolVersion, listCredentials, updateCredential } from './pool-store.ts';

interface PoolDeps {
  settings: Pools;
  masterKeys: readonly Buffer[];
  db: Db;
  clock: BackendClock;
  logger: BackendLogger;
  pubSub: PubSub;
  echo: BuiltinTarget;
  random(): number;
}

/** Pools of the settings and of the database, from sealed secrets to the choice of a credential. */
export function createPools({ settings, masterKeys, db, clock, logger, pubSub, echo, random }: PoolDeps) {
  const seal = masterKeys.length === 0 ? null : createSecretSeal(masterKeys);
  const livePools = createLivePools({ settings, db, clock, logger, seal });
  const builtin = (family: keyof Pools): boolean => settings[family] === 'echo';
  return {
    seal,
    livePools,
    pools: createUpstreamPools({ builtin, current: livePools.current, echo, nowMs: clock.nowMs, random }),
    /** Other instances are notified at once, or see it within seconds. */
    poolsChanged(): Promise<void> {
      pubSub.publish('pools', 'all');
      return livePools.refresh();
    },
    async startPools(): Promise<() => void> {
      if (seal) await resealSecrets(db, seal, clock.nowMs());
      await livePools.refresh();
      return livePools.start();
    },
  };
}

/** Seals secrets of older master keys with the newest one. @returns how many were sealed again */
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

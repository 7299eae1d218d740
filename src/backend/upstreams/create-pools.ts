import type { BuiltinTarget } from '#proxy/call.ts';
import type { Db } from '../database/open-database.ts';
import type { News } from '../database/news.ts';
import type { BackendClock, BackendLogger } from '../runtime/ports.ts';
import { createLivePools } from './live-pools.ts';
import type { Pools } from './pool-state.ts';
import { resealSecrets } from './reseal-secrets.ts';
import { createSecretSeal } from './secret-seal.ts';
import { createUpstreamPools } from './upstream-pools.ts';

interface PoolParts {
  settings: Pools;
  masterKeys: readonly Buffer[];
  db: Db;
  clock: BackendClock;
  logger: BackendLogger;
  news: News;
  echo: BuiltinTarget;
  chance(): number;
}

/** Pools of the settings and of the database, from the seal of their secrets to the choice of a credential. */
export function createPools({ settings, masterKeys, db, clock, logger, news, echo, chance }: PoolParts) {
  const seal = masterKeys.length === 0 ? null : createSecretSeal(masterKeys);
  const livePools = createLivePools({ settings, db, clock, logger, seal });
  const builtin = (family: keyof Pools): boolean => settings[family] === 'echo';
  return {
    seal,
    livePools,
    pools: createUpstreamPools({ builtin, current: livePools.current, echo, nowMs: clock.nowMs, chance }),
    /** Another instance hears at once, or sees it within seconds. */
    poolsChanged(): Promise<void> {
      news.publish('pools', 'all');
      return livePools.refresh();
    },
    async startPools(): Promise<() => void> {
      if (seal) await resealSecrets(db, seal, clock.nowMs());
      await livePools.refresh();
      return livePools.start();
    },
  };
}

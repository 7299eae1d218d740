import type { Send } from '#proxy/upstream/send.ts';
import type { Db } from '../database/open-database.ts';
import type { Events } from '../runtime/events.ts';
import type { Clock, Random } from '#shared/ports.ts';
import type { LivePools } from './live-pools.ts';
import type { RouteHealth } from './route-health.ts';
import type { SecretSeal } from './secret-seal.ts';
import type { UpstreamPools } from './upstream-pools.ts';

/** What the routes of pools and status work with. */
export interface UpstreamRouteDeps {
  db: Db;
  clock: Clock;
  random: Random;
  events: Pick<Events, 'emit'>;
  /** Null: without a master key the database keeps no upstream key. */
  seal: SecretSeal | null;
  pools: UpstreamPools;
  livePools: LivePools;
  send: Send;
  routeHealth: RouteHealth;
  /** Whether the service takes new calls. */
  isOpen(): boolean;
}

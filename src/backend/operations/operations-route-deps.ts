import type { MetricsAccess } from '../auth/metrics-access.ts';
import type { Db } from '../database/open-database.ts';
import type { Clock } from '#shared/ports.ts';
import type { UpstreamPools } from '../upstreams/upstream-pools.ts';
import type { Readiness } from './readiness.ts';

/** What the routes of health, metrics and reports work with. */
export interface OperationsRouteDeps {
  db: Db;
  clock: Clock;
  isPlayMoney: boolean;
  pools: UpstreamPools;
  /** Null: no one may read the metrics. */
  metrics: MetricsAccess | null;
  readiness: Readiness;
  /** Whether the service takes new calls. */
  isOpen(): boolean;
  publicBaseUrl(): string;
  /** Faults in the ledger, in words; empty when it is right. */
  verify(): Promise<string[]>;
}

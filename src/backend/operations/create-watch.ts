import { createMetricsAccess } from '../auth/metrics-access.ts';
import type { Db } from '../database/open-database.ts';
import type { HoldRow } from '../database/schema.ts';
import type { LiveRequests } from '../inference/live-requests.ts';
import type { UpstreamPools } from '../upstreams/upstream-pools.ts';
import type { BackendClock } from '../runtime/ports.ts';
import { oneAtATime } from '../runtime/one-at-a-time.ts';
import { createReadiness } from './readiness.ts';
import { verifyDatabase } from '../verify/verify-database.ts';
import { type LastProof, readGauges } from './read-gauges.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';

export interface WatchDeps {
  telemetry: Telemetry;
  metricsToken?: string | null;
  adminToken?: string | null;
  clock: BackendClock;
  db: Db;
  live: LiveRequests;
  pools: UpstreamPools;
  isOpen(): boolean;
  /** The database's address, as it was opened with. */
  database: string;
  /** Whether some instance is answering the request of an open hold. */
  isAnswered(hold: HoldRow): boolean;
}

/** What lets an operator see how the service does. */
export function createWatch(parts: WatchDeps) {
  const { telemetry, metricsToken, adminToken, clock, db, live, pools, isOpen, database, isAnswered } = parts;
  const verify = oneAtATime(() => verifyDatabase(db, database, isAnswered));
  let lastProof: LastProof | null = null;
  telemetry.meter.watch(() => readGauges({ db, clock, live, pools, lastProof }));
  return {
    telemetry,
    metrics: createMetricsAccess(telemetry.meter, [metricsToken, adminToken]),
    readiness: createReadiness({ db, clock, isOpen }),
    async verify(): Promise<string[]> {
      const faults = await verify();
      lastProof = { faults: faults.length, atMs: clock.nowMs() };
      return faults;
    },
  };
}

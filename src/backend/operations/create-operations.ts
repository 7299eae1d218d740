import { createMetricsAccess, type MetricsAccess } from '../auth/metrics-access.ts';
import type { Db } from '../database/open-database.ts';
import type { HoldRow } from '../database/schema.ts';
import type { LiveRequests } from '../inference/live-requests.ts';
import type { UpstreamPools } from '../upstreams/upstream-pools.ts';
import type { Clock } from '#shared/ports.ts';
import { coalesced } from '../runtime/coalesce.ts';
import { createReadiness, type Readiness } from './readiness.ts';
import { verifyDatabase } from '../verify/verify-database.ts';
import { type LastProof, readGauges } from './read-gauges.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';

interface OperationsDeps {
  db: Db;
  clock: Clock;
  telemetry: Telemetry;
  live: LiveRequests;
  pools: UpstreamPools;
  metricsToken: string | null;
  adminToken: string | null;
  isOpen(): boolean;
  /** The database's address, as it was opened with. */
  database: string;
  /** Whether some instance is answering the request of an open hold. */
  isAnswered(hold: HoldRow): boolean;
}

export interface Operations {
  /** Null: no one may read the metrics. */
  metrics: MetricsAccess | null;
  /** Whether to send requests here. */
  readiness: Readiness;
  /** Faults in the ledger, in words; empty when it is right. */
  verify(): Promise<string[]>;
}

/** What shows an operator how the service does. */
export function createOperations(deps: OperationsDeps): Operations {
  const { db, clock, telemetry, live, pools, metricsToken, adminToken, isOpen, database, isAnswered } = deps;
  const verify = coalesced(() => verifyDatabase(db, database, isAnswered));
  let lastProof: LastProof | null = null;
  telemetry.meter.watch(() => readGauges({ db, clock, live, pools, lastProof }));
  return {
    metrics: createMetricsAccess(telemetry.meter, [metricsToken, adminToken]),
    readiness: createReadiness({ db, clock, isOpen }),
    async verify() {
      const faults = await verify();
      lastProof = { faults: faults.length, atMs: clock.nowMs() };
      return faults;
    },
  };
}

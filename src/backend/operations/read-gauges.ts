import type { Db } from '../database/open-database.ts';
import { poolUsageOf } from '../database/pool-usage.ts';
import { readSchemaVersion } from '../database/schema-version.ts';
import { inTime } from '../runtime/in-time.ts';
import type { LiveRequests } from '../inference/live-requests.ts';
import type { UpstreamPools } from '../upstreams/upstream-pools.ts';
import type { Clock } from '#shared/ports.ts';
import { countUnprocessed } from '../billing/payments/unprocessed-payments.ts';
import { countOpenHolds } from '../store/hold-store.ts';
import { readLastPosting } from '../store/ledger-store.ts';
import type { GaugeSample } from '../telemetry/metric-catalogue.ts';

export interface GaugeDeps {
  db: Db;
  clock: Clock;
  live: LiveRequests;
  pools: UpstreamPools;
  /** Null before the first. */
  lastProof: LastProof | null;
}

/** The result of the last verification of the ledger. */
export interface LastProof {
  faults: number;
  atMs: number;
}

const databaseMs = 2_000;
const healthStates = ['well', 'cooling', 'out'] as const;

/** The present gauges. If the database does not answer, only its own are missing. */
export async function readGauges(parts: GaugeDeps): Promise<GaugeSample[]> {
  const { clock, db } = parts;
  const stored = await inTime(readStored(db), databaseMs, clock).catch(() => null);
  return [
    { name: 'requestsOpen', labels: {}, value: parts.live.size() },
    { name: 'databaseUp', labels: {}, value: stored ? 1 : 0 },
    ...(stored ?? []),
    ...credentialSamples(parts.pools),
    ...connectionSamples(db),
    ...verifySamples(parts.lastProof),
  ];
}

async function readStored(db: Db): Promise<GaugeSample[]> {
  return [
    { name: 'holdsOpen', labels: {}, value: await countOpenHolds(db) },
    { name: 'ledgerPostings', labels: {}, value: Number(await readLastPosting(db)) },
    { name: 'unprocessedPayments', labels: {}, value: await countUnprocessed(db) },
    { name: 'schemaVersion', labels: {}, value: await readSchemaVersion(db) },
  ];
}

function credentialSamples(pools: UpstreamPools): GaugeSample[] {
  return pools.report().flatMap(({ family, name, health }) =>
    healthStates.map((state): GaugeSample => ({
      name: 'credentialHealth',
      labels: { family, credential: name, health: state },
      value: state === health ? 1 : 0,
    })),
  );
}

function connectionSamples(db: Db): GaugeSample[] {
  const usage = poolUsageOf(db);
  if (!usage) return [];
  return [
    { name: 'databaseConnections', labels: { state: 'used' }, value: usage.used },
    { name: 'databaseConnections', labels: { state: 'idle' }, value: usage.idle },
    { name: 'databaseWaiting', labels: {}, value: usage.waiting },
  ];
}

function verifySamples(last: LastProof | null): GaugeSample[] {
  if (!last) return [];
  return [
    { name: 'verifyFaults', labels: {}, value: last.faults },
    { name: 'verifyTime', labels: {}, value: last.atMs / 1000 },
  ];
}

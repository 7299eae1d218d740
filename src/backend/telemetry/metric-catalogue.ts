/**
 * Every metric of the service, by its name in the code. docs/operating.md shows the same list (a test compares them).
 * Labels have few values: families, slugs of the catalogue, names given by the operator, codes. Never an account, a key
 * or a request.
 */
interface MetricFacts {
  name: string;
  labels: readonly string[];
  help: string;
}

export const counters = {
  requests: {
    name: 'corvusllm_requests_total',
    labels: ['family', 'model', 'outcome', 'status'],
    help: 'Inference calls that were admitted, by how they ended',
  },
  refusals: {
    name: 'corvusllm_refusals_total',
    labels: ['code', 'reason'],
    help: 'Inference calls that ended with a code of docs/errors.md, before or after they were admitted',
  },
  tokens: {
    name: 'corvusllm_tokens_total',
    labels: ['family', 'model', 'bucket'],
    help: 'Tokens as the upstream counted them',
  },
  charged: {
    name: 'corvusllm_charged_usd_total',
    labels: ['family', 'model'],
    help: 'What customers paid for requests',
  },
  writtenOff: {
    name: 'corvusllm_written_off_usd_total',
    labels: ['family', 'model'],
    help: 'Write-offs: cost of requests that the platform paid',
  },
  upstreamCost: {
    name: 'corvusllm_upstream_cost_usd_total',
    labels: ['family', 'model'],
    help: 'What upstreams take for requests, where that is known',
  },
  writeOffStops: {
    name: 'corvusllm_write_off_stops_total',
    labels: [],
    help: 'Accounts that reached their daily write-off limit',
  },
  implausibleUsage: {
    name: 'corvusllm_implausible_usage_total',
    labels: ['family', 'credential'],
    help: 'Replies whose upstream counted what the request cannot have caused',
  },
  unmetered: {
    name: 'corvusllm_unmetered_requests_total',
    labels: [],
    help: 'Requests whose usage could not be priced: their hold was given back and written off',
  },
  attempts: {
    name: 'corvusllm_upstream_attempts_total',
    labels: ['family', 'credential', 'status'],
    help: 'Tries at upstreams, by class of status; none: no answer came',
  },
  paymentEvents: {
    name: 'corvusllm_payment_events_total',
    labels: ['source', 'outcome'],
    help: 'Events of the payment provider, by who brought them and what came of them',
  },
  reconcilerRuns: { name: 'corvusllm_reconciler_runs_total', labels: ['result'], help: 'Runs of the reconciler' },
  reconcilerCorrections: {
    name: 'corvusllm_reconciler_corrections_total',
    labels: ['kind'],
    help: 'What the reconciler took in because no webhook had brought it',
  },
  autoTopups: {
    name: 'corvusllm_auto_topups_total',
    labels: ['outcome'],
    help: 'Automatic charges, by the answer of the payment provider',
  },
} as const satisfies Record<string, MetricFacts>;

export const histograms = {
  firstByte: {
    name: 'corvusllm_first_byte_seconds',
    labels: ['family', 'stream'],
    help: 'From a call to the first byte of its answer',
  },
  duration: {
    name: 'corvusllm_request_duration_seconds',
    labels: ['family', 'stream'],
    help: 'From a call to the end of its answer',
  },
  step: {
    name: 'corvusllm_step_duration_seconds',
    labels: ['step'],
    help: 'Our own part of a call: admit (hold included, with its wait for money), hold, settle',
  },
} as const satisfies Record<string, MetricFacts>;

/** Read at each scrape. Those that end in `_total` only rise. */
export const gauges = {
  requestsOpen: { name: 'corvusllm_requests_open', labels: [], help: 'Calls that this instance is answering' },
  holdsOpen: { name: 'corvusllm_holds_open', labels: [], help: 'Open holds in the database, of all instances' },
  credentialHealth: {
    name: 'corvusllm_credential_health',
    labels: ['family', 'credential', 'health'],
    help: '1 for the state a credential is in, 0 for the others',
  },
  ledgerPostings: {
    name: 'corvusllm_ledger_postings_total',
    labels: [],
    help: 'Number of the last posting, of all instances',
  },
  unprocessedPayments: {
    name: 'corvusllm_unprocessed_payments',
    labels: [],
    help: 'Events, refunds and disputes of the payment provider that could not be read or applied, and wait for it',
  },
  verifyFaults: {
    name: 'corvusllm_verify_faults',
    labels: [],
    help: 'Faults that the last proof of the ledger found; absent before the first',
  },
  verifyTime: {
    name: 'corvusllm_verify_timestamp_seconds',
    labels: [],
    help: 'When this instance last proved the ledger',
  },
  databaseUp: { name: 'corvusllm_database_up', labels: [], help: '1 when the database answered within two seconds' },
  databaseConnections: {
    name: 'corvusllm_database_connections',
    labels: ['state'],
    help: 'Connections of this instance to PostgreSQL; absent with SQLite',
  },
  databaseWaiting: {
    name: 'corvusllm_database_waiting',
    labels: [],
    help: 'Work that waits for a connection to PostgreSQL',
  },
  eventLoopDelay: {
    name: 'corvusllm_event_loop_delay_seconds',
    labels: ['quantile'],
    help: 'How late timers were since the last scrape',
  },
  schemaVersion: { name: 'corvusllm_schema_version', labels: [], help: "Version of the database's schema" },
  buildInfo: { name: 'corvusllm_build_info', labels: ['version', 'node'], help: 'Always 1' },
} as const satisfies Record<string, MetricFacts>;

export type CounterName = keyof typeof counters;
export type HistogramName = keyof typeof histograms;
export type GaugeName = keyof typeof gauges;

type LabelsAmong<Facts extends MetricFacts> = Readonly<Record<Facts['labels'][number], string>>;
export type CounterLabels<Name extends CounterName> = LabelsAmong<(typeof counters)[Name]>;
export type HistogramLabels<Name extends HistogramName> = LabelsAmong<(typeof histograms)[Name]>;

/** Each gauge with the labels it must have. */
export type GaugeSample = {
  [Name in GaugeName]: { name: Name; labels: LabelsAmong<(typeof gauges)[Name]>; value: number };
}[GaugeName];

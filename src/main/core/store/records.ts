import type { Account } from '#shared/account/account.ts';
import type { StatementLine } from '#shared/contract/billing.ts';
import type { Dialect } from '#shared/domain/dialect.ts';
import type { LocalKey, LocalKeyRoute } from '#shared/domain/local-key.ts';
import type { Provider } from '#shared/domain/provider.ts';
import type { Attempt, Lane, RequestStatus, RouteReason } from '#shared/account/request.ts';
import type { LocalKeyId, ProviderId, RequestId } from '#shared/ids.ts';
import type { RequestBilling } from '#shared/account/request-billing.ts';
import type { UnitPrices } from '#shared/metering/price-usage.ts';
import type { Usage, UsageSource } from '#shared/metering/usage.ts';
import type { NanoUsd } from '#shared/money.ts';

/** A request that was let through and is about to be sent. */
export interface BegunRequest {
  id: RequestId;
  createdAtMs: number;
  localKeyId: LocalKeyId | null;
  localKeyLabel: string | null;
  dialect: Dialect;
  endpoint: string;
  modelRequested: string;
  /** null: answered by other requests, its parts. */
  lane: Lane | null;
  /** Provider id, or `account`. */
  provider: string;
  routeReason: RouteReason;
  plan: string | null;
  parentId: RequestId | null;
  isStream: boolean;
  requestBytes: number;
  userAgent: string | null;
}

export interface FinishedRequest {
  id: RequestId;
  status: Exclude<RequestStatus, 'open'>;
  /** Of the upstream that answered, or else was tried last. */
  lane: Lane | null;
  provider: string;
  translatedTo: Dialect | null;
  httpStatus: number | null;
  errorCode: string | null;
  errorMessage: string | null;
  modelServed: string | null;
  finishReason: string | null;
  usage: Usage | null;
  usageSource: UsageSource;
  unitPrices: UnitPrices | null;
  catalogueVersion: string | null;
  meteredCostNanoUsd: NanoUsd | null;
  settledCostNanoUsd: NanoUsd | null;
  balanceAfterNanoUsd: NanoUsd | null;
  firstByteMs: number | null;
  totalMs: number | null;
  responseBytes: number;
  attempts: readonly Attempt[];
}

/** A call that was refused before it was let through. */
export interface RefusedRequest {
  id: RequestId;
  createdAtMs: number;
  localKeyId: LocalKeyId | null;
  localKeyLabel: string | null;
  dialect: Dialect;
  endpoint: string;
  /** null when the body was never read. */
  modelRequested: string | null;
  userAgent: string | null;
  httpStatus: number;
  errorCode: string;
  errorMessage: string;
}

/** What the account's receipt says of one request. */
export interface SettledRequest {
  requestId: RequestId;
  costNanoUsd: NanoUsd;
  balanceAfterNanoUsd: NanoUsd | null;
  modelServed: string | null;
  usage: Usage | null;
  usageSource: UsageSource;
  unitPrices: UnitPrices | null;
  catalogueVersion: string | null;
  /** How the account made its charge; null: it charged what was metered. */
  billing: RequestBilling | null;
}

/** A request that was open when the program stopped. */
export interface InterruptedRequest {
  id: RequestId;
  lane: Lane | null;
}

export interface LocalKeyRecord extends LocalKey {
  route: LocalKeyRoute;
  /** SHA-256 of the secret, hex. The secret itself is stored nowhere. */
  secretHash: string;
}

/** A provider without its key and without what only the secret store knows. */
export type ProviderRecord = Omit<Provider, 'isKeyReadable' | 'balance'>;

export interface ProviderTest {
  id: ProviderId;
  /** null leaves the stored list as it is. */
  models: readonly string[] | null;
  lastTest: NonNullable<Provider['lastTest']>;
}

/** Sums of one lane over a span of time. */
export interface LaneTotals {
  lane: Lane;
  requests: number;
  tokens: number;
  costNanoUsd: NanoUsd;
  /** Requests without a known cost; not in the sum. */
  unpriced: number;
}

export interface AccountMirror {
  snapshot: Account;
  receivedAtMs: number;
}

export interface LedgerPageRows {
  lines: StatementLine[];
  nextCursor: string | null;
}

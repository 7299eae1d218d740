import type { Account } from '#shared/account/account.ts';
import type { StatementLine } from '#shared/contract/billing.ts';
import type { LocalKey, LocalKeyRoute } from '#shared/domain/local-key.ts';
import type { Provider, ProviderKey } from '#shared/domain/provider.ts';
import type { Lane } from '#shared/account/request.ts';
import type { ProviderId, RequestId } from '#shared/ids.ts';
import type { NanoUsd } from '#shared/money.ts';

/** A request that was open when the program stopped. */
export interface InterruptedRequest {
  id: RequestId;
  lane: Lane | null;
}

/** An answer that its provider keeps, and the request that began it. */
export interface StoredAnswer {
  requestId: RequestId;
  lane: Lane;
  /** Provider id, or `account`. */
  provider: string;
  /** The target that answered: it names the key where the provider has several. */
  target: string;
  /** The model's name there. */
  model: string;
  /** What it used is known. */
  isCounted: boolean;
}

export interface LocalKeyRecord extends LocalKey {
  route: LocalKeyRoute;
  /** SHA-256 of the secret, hex. The secret itself is stored nowhere. */
  secretHash: string;
}

/** A key of a provider without its secret. */
export interface ProviderKeyRecord extends Pick<ProviderKey, 'name' | 'hint' | 'priority' | 'weight'> {
  /** When the secret was stored; a new secret starts with fresh health. */
  storedAtMs: number;
}

/** A provider without the secrets of its keys, and without what only the secret store and the last calls know. */
export type ProviderRecord = Omit<Provider, 'keys' | 'balance' | 'through'> & { keys: readonly ProviderKeyRecord[] };

export interface ProviderTest {
  id: ProviderId;
  /** null leaves the stored list as it is. */
  models: readonly string[] | null;
  lastTest: NonNullable<Provider['lastTest']>;
}

/** Sums over ended requests. */
export interface UsageTotals {
  requests: number;
  failures: number;
  inputTokens: number;
  cachedTokens: number;
  outputTokens: number;
  costNanoUsd: NanoUsd;
  cacheSavedNanoUsd: NanoUsd;
  cacheLostNanoUsd: NanoUsd;
  /** Requests without a known cost; not in the sum. */
  unpriced: number;
  /** How many have a duration, and its sum in milliseconds. */
  timed: number;
  totalMs: number;
  /** How many have a first byte, and the sum in milliseconds. */
  started: number;
  firstByteMs: number;
}

/** The sums of one value of a dimension; '' is what has no value. */
export interface UsageGroup extends UsageTotals {
  value: string;
}

export interface AccountMirror {
  snapshot: Account;
  receivedAtMs: number;
}

export interface LedgerPageRows {
  lines: StatementLine[];
  nextCursor: string | null;
}

import type { CredentialHeader } from '#proxy/upstream/credential-headers.ts';
import type { UpstreamDialect } from '#shared/domain/dialect.ts';

/**
 * What an answer reveals about the key and the money behind it. `not-allowed`: the key is known, but may not do this.
 */
export type Fault = 'wrong-key' | 'not-allowed' | 'no-credit' | 'rate-limit';

/** Money to spend, in the provider's currency: a decimal string and an ISO 4217 code. */
export interface ProviderAmount {
  amount: string;
  currency: string;
}

/** A request whose answer contains the remaining balance. */
export interface BalanceQuestion {
  path: string;
  /** null: the answer has no spendable amount. `host` for providers whose currency depends on the country's host. */
  read(json: unknown, host: string): ProviderAmount | null;
}

/** How a server on this machine is recognised: by an answer that no other program gives. It is asked without a key. */
export interface LocalProbe {
  path: string;
  isIt(answer: { status: number; text: string; server: string }): boolean;
}

/** What Corvus knows about one kind of provider. Data and pure functions; the engine does the I/O. */
export interface ProviderAdapter {
  /** Stored in rows, so it never changes. */
  kind: string;
  name: string;
  /** Where a person makes a key; null when none is needed. */
  keyUrl: string | null;
  /** The environment variable in which tools look for the key: a person may have it there already. */
  environmentVariable: string | null;
  /** What its keys look like, where that tells them from others'. */
  keyPattern?: RegExp;
  /** Scheme and host; null when every user has an own host. */
  origin: string | null;
  /** A server on the user's own machine: calls cost nothing. */
  isLocal: boolean;
  /** The dialects it supports, each with the path of its endpoints, which ends in a version. */
  endpoints: Readonly<Partial<Record<UpstreamDialect, string>>>;
  credential: CredentialHeader;
  /** The model list, as a path on the origin. */
  modelsPath: string;
  /** Model slugs of that list, as calls must name them; null when this is no such list. */
  parseModels(json: unknown): string[] | null;
  /**
   * Calls name the user's deployments, which the model list does not contain: it proves the key, and is not used for
   * routing.
   */
  namesDeployments?: true;
  /** A free path that only answers with a valid key, where the model list is public. */
  proofPath?: string;
  /** Where the provider reports a balance. The first request that gets an amount counts. */
  balance?: readonly BalanceQuestion[];
  /** For servers that are discovered at `origin`. */
  probe?: LocalProbe;
  /** For answers whose status and wording do not show the problem; null: judge this one as usual. */
  faultOf?(status: number, text: string): Fault | null;
}

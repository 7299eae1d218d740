import type { ConversationDialect } from '#shared/domain/dialect.ts';

/** The header that carries the key: `authorization: Bearer`, or the key alone under this name. */
export type CredentialHeader = 'bearer' | 'x-api-key' | 'api-key';

/** What an answer says of the key and the money behind it. `not-allowed`: the key is known, but may not do this. */
export type Fault = 'wrong-key' | 'not-allowed' | 'no-credit' | 'rate-limit';

/** Money to spend, in the currency the provider counts in: a decimal string and an ISO 4217 code. */
export interface ProviderAmount {
  amount: string;
  currency: string;
}

/** A question whose answer says what is left. */
export interface BalanceQuestion {
  path: string;
  /** null: the answer names no amount that could be spent. `host` for providers whose currency depends on the country's host. */
  read(json: unknown, host: string): ProviderAmount | null;
}

/** How a server on this machine is recognised for what it is: by an answer that no other program gives. It is asked without a key. */
export interface LocalProbe {
  path: string;
  isIt(answer: { status: number; text: string; server: string }): boolean;
}

/** What Corvus knows of one kind of provider. Data and pure functions; the engine does the I/O. */
export interface ProviderAdapter {
  /** Stands in stored rows, so it never changes; equals the file's name. */
  kind: string;
  name: string;
  /** Where a person makes a key; null when none is needed. */
  keyUrl: string | null;
  /** The variable in which tools look for the key: a person may have it there already. */
  environmentVariable: string | null;
  /** Scheme and host; null when everybody has one of his own. */
  origin: string | null;
  /** A server on the user's own machine: calls cost nothing. */
  isLocal: boolean;
  /** The dialects it speaks, each with the path its endpoints stand under, which ends in a version. */
  endpoints: Readonly<Partial<Record<ConversationDialect, string>>>;
  credential: CredentialHeader;
  /** The model list, as a path on the origin. */
  modelsPath: string;
  /** Model slugs of that list, as calls must name them; null when this is no such list. */
  parseModels(json: unknown): string[] | null;
  /** Calls name what the user deployed there, which the model list does not tell: it proves the key, and nothing is routed by it. */
  namesDeployments?: true;
  /** A path that answers a right key only and costs nothing, where the model list is open to everybody. */
  proofPath?: string;
  /** Where the provider tells what is left. The first question that gets an amount counts. */
  balance?: readonly BalanceQuestion[];
  /** For servers that are looked for at `origin`. */
  probe?: LocalProbe;
  /** For answers that do not say by status and the usual words what is wrong; null: judge this one as usual. */
  faultOf?(status: number, text: string): Fault | null;
}

import type { ConversationDialect } from '#shared/domain/dialect.ts';

/** The header that carries the key: `authorization: Bearer`, or the key alone under this name. */
export type CredentialHeader = 'bearer' | 'x-api-key' | 'api-key';

/** What an answer says of the key and the money behind it. `not-allowed`: the key is known, but may not do this. */
export type Fault = 'wrong-key' | 'not-allowed' | 'no-credit' | 'rate-limit';

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
  /** A path that answers a right key only and costs nothing, where the model list is open to everybody. */
  proofPath?: string;
  /** For answers that do not say by status and the usual words what is wrong; null: judge this one as usual. */
  faultOf?(status: number, text: string): Fault | null;
}

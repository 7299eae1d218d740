import type { IncomingHttpHeaders } from 'node:http';
import type { DialectFamily } from '#shared/domain/dialect.ts';

/** What differs between providers of one dialect family and another. Data and pure functions; the engine does the I/O. */
export interface ProviderAdapter {
  family: DialectFamily;
  /** Credential and version headers. Without a secret there is no credential: local servers need none. */
  headers(secret: string | null, clientHeaders: IncomingHttpHeaders): Record<string, string>;
  /** Below the base path, which ends in its version. */
  modelsPath: string;
  /** Model slugs from the provider's own list; null when this is no such list. */
  parseModels(json: unknown): string[] | null;
}

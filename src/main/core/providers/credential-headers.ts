import type { IncomingHttpHeaders } from 'node:http';
import type { ConversationDialect } from '#shared/domain/dialect.ts';
import type { CredentialHeader } from './adapter.ts';
import { adapterFor } from './known-providers.ts';

/** The only version so far; required on every call. */
const anthropicVersion = '2023-06-01';

/** Credential and version headers of a provider. Without a secret there is no credential: local servers need none. */
export function credentialHeaders(
  { kind }: { kind: string },
  dialect: ConversationDialect,
  secret: string | null,
  clientHeaders: IncomingHttpHeaders,
): Record<string, string> {
  const isMessages = dialect === 'anthropic-messages';
  const header = adapterFor(kind)?.credential ?? (isMessages ? 'x-api-key' : 'bearer');
  return {
    ...(secret === null ? {} : credential(header, secret)),
    ...(isMessages && clientHeaders['anthropic-version'] === undefined ? { 'anthropic-version': anthropicVersion } : {}),
  };
}

function credential(header: CredentialHeader, secret: string): Record<string, string> {
  return header === 'bearer' ? { authorization: `Bearer ${secret}` } : { [header]: secret };
}

import type { IncomingHttpHeaders } from 'node:http';

/** The header that carries a key: `authorization: Bearer`, or the key alone under this name. */
export type CredentialHeader = 'bearer' | 'x-api-key' | 'api-key' | 'x-goog-api-key';

/** The only version of the Messages API so far; required on every call. */
const anthropicVersion = '2023-06-01';

/**
 * Credential and version headers for an upstream. Without a secret there is no credential: local servers need none.
 * @param isMessages the upstream is called in Anthropic's dialect
 */
export function credentialHeaders(
  header: CredentialHeader,
  secret: string | null,
  { isMessages, clientHeaders }: { isMessages: boolean; clientHeaders: IncomingHttpHeaders },
): Record<string, string> {
  return {
    ...(secret === null ? {} : header === 'bearer' ? { authorization: `Bearer ${secret}` } : { [header]: secret }),
    ...(isMessages && clientHeaders['anthropic-version'] === undefined
      ? { 'anthropic-version': anthropicVersion }
      : {}),
  };
}

import { type EnvelopeScope, scopeWords } from '#shared/domain/envelope.ts';
import type { LocalKey } from '#shared/domain/local-key.ts';

export function scopeName(scope: EnvelopeScope, keys: readonly LocalKey[]): string {
  const words = scopeWords(scope, (keyId) => keys.find(({ id }) => id === keyId)?.label ?? null);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The page of the requests that an envelope pays for; null where the list has no such filter. */
export function requestsAddress(scope: EnvelopeScope): string | null {
  const page = (name: string, value: string) => `/requests?${new URLSearchParams({ [name]: value }).toString()}`;
  switch (scope.kind) {
    case 'everything':
      return '/requests';
    case 'key':
      return page('key', scope.keyId);
    case 'provider':
      return page('provider', scope.providerId);
    case 'model':
      return scope.pattern.includes('*') ? page('search', scope.pattern.replaceAll('*', '')) : page('model', scope.pattern);
    default:
      return null;
  }
}

import type { RequestFilter } from '#shared/contract/requests.ts';
import { type EnvelopeScope, scopeTitle } from '#shared/domain/envelope.ts';
import type { LocalKey } from '#shared/domain/local-key.ts';

export function scopeName(scope: EnvelopeScope, keys: readonly LocalKey[]): string {
  return scopeTitle(scope, (keyId) => keys.find(({ id }) => id === keyId)?.label ?? null);
}

/** What chooses the requests of a scope; null where the list has no such filter. */
export function requestsOf(scope: EnvelopeScope): Partial<RequestFilter> | null {
  switch (scope.kind) {
    case 'everything':
      return {};
    case 'key':
      return { localKeyId: scope.keyId };
    case 'provider':
      return { provider: scope.providerId };
    case 'session':
      return { session: scope.id };
    case 'project':
      return scope.name.includes('*') ? null : { project: scope.name };
    case 'model':
      return requestsOfModels(scope.pattern);
  }
}

/** The list searches for one text in a model's name: what stands between two stars is none. */
function requestsOfModels(pattern: string): Partial<RequestFilter> | null {
  if (!pattern.includes('*')) return { model: pattern };
  const [, text = null] = /^\*?([^*]*)\*?$/.exec(pattern) ?? [];
  return text === null ? null : { search: text };
}

import type { Call, HttpTarget } from '#proxy/call.ts';
import { upstreamPath } from '#proxy/upstream-path.ts';
import { dialectReaders } from '#shared/dialects/readers.ts';
import { type Dialect } from '#shared/domain/dialect.ts';
import type { Provider } from '#shared/domain/provider.ts';
import { findTranslation } from '#shared/translate/translations.ts';
import { mayBePrivate, readBaseUrl } from './base-url.ts';
import { adapterFor } from './registry.ts';

export type AddressedProvider = Pick<Provider, 'id' | 'dialectFamily' | 'baseUrl' | 'isLocal'>;

const version = '/v1';

/**
 * Where a call goes when this provider serves it. A base URL ends in its version, so what follows `/v1` is appended to it.
 * @param dialect what the provider is spoken to in
 */
export function targetFor(provider: AddressedProvider, secret: string | null, call: Call, dialect: Dialect): HttpTarget {
  const translation = findTranslation(call.dialect, dialect);
  const { origin, path } = readBaseUrl(provider.baseUrl);
  return {
    kind: 'http',
    name: provider.id,
    origin,
    path: path + upstreamPath(call, dialect).slice(version.length),
    headers: adapterFor(provider.dialectFamily).headers(secret, call.headers),
    mayBePrivate: mayBePrivate(provider.baseUrl, provider.isLocal),
    ...(translation ? { translation } : {}),
    injectUsage: dialectReaders[dialect].mustAskForUsage,
  };
}

export interface ModelsRequest {
  url: string;
  headers: Readonly<Record<string, string>>;
}

/** The request that lists a provider's models: it proves address and key and costs nothing. */
export function modelsRequest(provider: AddressedProvider, secret: string | null): ModelsRequest {
  const { origin, path } = readBaseUrl(provider.baseUrl);
  const adapter = adapterFor(provider.dialectFamily);
  return { url: origin + path + adapter.modelsPath, headers: { accept: 'application/json', ...adapter.headers(secret, {}) } };
}

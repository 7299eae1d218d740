import type { IncomingHttpHeaders } from 'node:http';
import type { Call, HttpTarget } from '#proxy/call.ts';
import { credentialHeaders } from '#proxy/upstream/credential-headers.ts';
import { upstreamPath } from '#proxy/upstream/upstream-path.ts';
import { dialectReaders } from '#shared/dialects/readers.ts';
import {
  type UpstreamDialect,
  conversationOf,
  type Dialect,
  endpointPaths,
  pathBelowVersion,
} from '#shared/domain/dialect.ts';
import type { Provider } from '#shared/domain/provider.ts';
import { findTranslation } from '#shared/translate/translations.ts';
import { mayBePrivate, type ProviderBase, readBaseUrl } from './base-url.ts';
import { modelIds } from './model-ids.ts';
import { adapterFor } from './known-providers.ts';

export type AddressedProvider = Pick<Provider, 'id' | 'kind' | 'dialects' | 'baseUrl' | 'isLocal'>;

/**
 * Where a call goes when this provider serves it. A base path ends in its version, so the part after the version is
 * appended to it.
 * @param dialect the one the provider is called in
 * @param model its name there
 */
export function targetFor(
  provider: AddressedProvider,
  secret: string | null,
  call: Call,
  dialect: Dialect,
  model: string,
): HttpTarget {
  const translation = findTranslation(call.dialect, dialect);
  const conversation = conversationOf(dialect);
  const { origin, path, query } = baseOf(provider, conversation);
  return {
    kind: 'http',
    name: provider.id,
    origin,
    path: withQuery(path + upstreamPath(call, dialect, model), query),
    headers: providerHeaders(provider, conversation, secret, call.headers),
    mayBePrivate: mayBePrivate(provider.baseUrl, provider.isLocal),
    ...(translation ? { translation } : {}),
    injectUsage: dialectReaders[dialect].mustAskForUsage,
  };
}

/** Credential and version headers, in the form that this kind of provider documents. */
export function providerHeaders(
  { kind }: Pick<AddressedProvider, 'kind'>,
  dialect: UpstreamDialect,
  secret: string | null,
  clientHeaders: IncomingHttpHeaders,
): Record<string, string> {
  const isMessages = dialect === 'anthropic-messages';
  // At one address Google takes its own header in its own dialect, and Bearer in that of others.
  const header =
    dialect === 'gemini' ? 'x-goog-api-key' : (adapterFor(kind)?.credential ?? (isMessages ? 'x-api-key' : 'bearer'));
  return credentialHeaders(header, secret, { isMessages, clientHeaders });
}

/** The whole URL of a dialect's endpoint, for a request of Corvus's own. */
export function endpointUrl(provider: AddressedProvider, dialect: UpstreamDialect, model: string): string {
  const { origin, path, query } = baseOf(provider, dialect);
  return origin + withQuery(path + pathBelowVersion(endpointPaths[dialect], { model, isStream: false }), query);
}

/** The base of one dialect's endpoints at a provider. */
function baseOf({ kind, baseUrl }: AddressedProvider, dialect: UpstreamDialect): ProviderBase {
  const base = readBaseUrl(baseUrl, dialect);
  const path = adapterFor(kind)?.endpoints[dialect];
  return path === undefined ? base : { ...base, path };
}

export interface ModelsRequest {
  url: string;
  headers: Readonly<Record<string, string>>;
  parse(json: unknown): string[] | null;
}

/** The request that lists a provider's models; it is free. */
export function modelsRequest(provider: AddressedProvider, secret: string | null): ModelsRequest {
  const adapter = adapterFor(provider.kind);
  const [dialect = 'openai-chat'] = provider.dialects;
  const { origin, path, query } = readBaseUrl(provider.baseUrl, dialect);
  return {
    url: origin + withQuery(adapter?.modelsPath ?? customModelsPath(path, dialect), query),
    headers: providerHeaders(provider, dialect, secret, {}),
    parse: adapter?.parseModels ?? modelIds,
  };
}

/** Some lists have only the first entries unless more are requested. */
function customModelsPath(path: string, dialect: UpstreamDialect): string {
  if (dialect === 'gemini') return `${path}/models?pageSize=1000`;
  return `${path}/models${dialect === 'anthropic-messages' ? '?limit=1000' : ''}`;
}

function withQuery(path: string, query: string): string {
  return path + (path.includes('?') ? query.replace('?', '&') : query);
}

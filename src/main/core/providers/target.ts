import type { IncomingHttpHeaders } from 'node:http';
import type { Call, HttpTarget } from '#proxy/call.ts';
import { credentialHeaders } from '#proxy/upstream/credential-headers.ts';
import { upstreamPath } from '#proxy/upstream/upstream-path.ts';
import { dialectReaders } from '#shared/dialects/readers.ts';
import { type ConversationDialect, conversationOf, type Dialect, endpointPaths } from '#shared/domain/dialect.ts';
import type { Provider } from '#shared/domain/provider.ts';
import { findTranslation } from '#shared/translate/translations.ts';
import { mayBePrivate, type ProviderBase, readBaseUrl } from './base-url.ts';
import { modelIds } from './model-ids.ts';
import { adapterFor } from './known-providers.ts';

export type AddressedProvider = Pick<Provider, 'id' | 'kind' | 'dialects' | 'baseUrl' | 'isLocal'>;

const version = '/v1';

/**
 * Where a call goes when this provider serves it. A base path ends in its version, so the part after `/v1` is appended to it.
 * @param dialect the one the provider is called in
 */
export function targetFor(provider: AddressedProvider, secret: string | null, call: Call, dialect: Dialect): HttpTarget {
  const translation = findTranslation(call.dialect, dialect);
  const conversation = conversationOf(dialect);
  const { origin, path, query } = baseOf(provider, conversation);
  return {
    kind: 'http',
    name: provider.id,
    origin,
    path: withQuery(path + upstreamPath(call, dialect).slice(version.length), query),
    headers: providerHeaders(provider, conversation, secret, call.headers),
    mayBePrivate: mayBePrivate(provider.baseUrl, provider.isLocal),
    ...(translation ? { translation } : {}),
    injectUsage: dialectReaders[dialect].mustAskForUsage,
  };
}

/** Credential and version headers, in the form that this kind of provider documents. */
export function providerHeaders(
  { kind }: Pick<AddressedProvider, 'kind'>,
  dialect: ConversationDialect,
  secret: string | null,
  clientHeaders: IncomingHttpHeaders,
): Record<string, string> {
  const isMessages = dialect === 'anthropic-messages';
  const header = adapterFor(kind)?.credential ?? (isMessages ? 'x-api-key' : 'bearer');
  return credentialHeaders(header, secret, { isMessages, clientHeaders });
}

/** The whole URL of a dialect's endpoint, for a request of Corvus's own. */
export function endpointUrl(provider: AddressedProvider, dialect: ConversationDialect): string {
  const { origin, path, query } = baseOf(provider, dialect);
  return origin + withQuery(path + endpointPaths[dialect].slice(version.length), query);
}

/** The base of one dialect's endpoints at a provider. */
function baseOf({ kind, baseUrl }: AddressedProvider, dialect: ConversationDialect): ProviderBase {
  const base = readBaseUrl(baseUrl);
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
  const { origin, path, query } = readBaseUrl(provider.baseUrl);
  const [dialect = 'openai-chat'] = provider.dialects;
  return {
    url: origin + withQuery(adapter?.modelsPath ?? customModelsPath(path, dialect), query),
    headers: providerHeaders(provider, dialect, secret, {}),
    parse: adapter?.parseModels ?? modelIds,
  };
}

/** Anthropic's list has 20 entries unless more are requested. */
function customModelsPath(path: string, dialect: ConversationDialect): string {
  return `${path}/models${dialect === 'anthropic-messages' ? '?limit=1000' : ''}`;
}

function withQuery(path: string, query: string): string {
  return path + (path.includes('?') ? query.replace('?', '&') : query);
}

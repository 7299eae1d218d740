import type { Call, HttpTarget } from '#proxy/call.ts';
import { dialectReaders } from '#shared/dialects/readers.ts';
import { type ConversationDialect, conversationOf } from '#shared/domain/dialect.ts';
import { type Provider, speaks } from '#shared/domain/provider.ts';
import { CorvusError } from '#shared/errors.ts';
import { mayBePrivate, type ProviderBase, readBaseUrl } from './base-url.ts';
import { credentialHeaders } from './credential-headers.ts';
import { modelIds } from './model-ids.ts';
import { adapterFor } from './registry.ts';

export type AddressedProvider = Pick<Provider, 'id' | 'kind' | 'dialects' | 'baseUrl' | 'isLocal'>;

const version = '/v1';

/**
 * Where a call goes when this provider serves it. `call.endpoint` is the normalised path, so it begins with `/v1`.
 * Throws `dialect_not_supported` for a call in a dialect that the provider does not speak.
 */
export function targetFor(provider: AddressedProvider, secret: string | null, call: Call): HttpTarget {
  if (!speaks(provider, call.dialect)) throw new CorvusError('dialect_not_supported');
  const dialect = conversationOf(call.dialect);
  const { origin, path, query } = baseOf(provider, dialect);
  return {
    kind: 'http',
    name: provider.id,
    origin,
    path: withQuery(path + call.endpoint.slice(version.length), query),
    headers: credentialHeaders(provider, dialect, secret, call.headers),
    mayBePrivate: mayBePrivate(provider.baseUrl, provider.isLocal),
    injectUsage: dialectReaders[call.dialect].mustAskForUsage,
  };
}

const endpoints: Readonly<Record<ConversationDialect, string>> = {
  'openai-chat': '/chat/completions',
  'openai-responses': '/responses',
  'anthropic-messages': '/messages',
};

/** The whole URL of a dialect's endpoint, for a call of Corvus's own. */
export function endpointUrl(provider: AddressedProvider, dialect: ConversationDialect): string {
  const { origin, path, query } = baseOf(provider, dialect);
  return origin + withQuery(path + endpoints[dialect], query);
}

/** What one dialect's endpoints of a provider stand under. */
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

/** The request that lists a provider's models, which costs nothing. */
export function modelsRequest(provider: AddressedProvider, secret: string | null): ModelsRequest {
  const adapter = adapterFor(provider.kind);
  const { origin, path, query } = readBaseUrl(provider.baseUrl);
  const [dialect = 'openai-chat'] = provider.dialects;
  return {
    url: origin + withQuery(adapter?.modelsPath ?? customModelsPath(path, dialect), query),
    headers: credentialHeaders(provider, dialect, secret, {}),
    parse: adapter?.parseModels ?? modelIds,
  };
}

/** Anthropic's list shows 20 unless it is asked for more. */
function customModelsPath(path: string, dialect: ConversationDialect): string {
  return `${path}/models${dialect === 'anthropic-messages' ? '?limit=1000' : ''}`;
}

function withQuery(path: string, query: string): string {
  return path + (path.includes('?') ? query.replace('?', '&') : query);
}

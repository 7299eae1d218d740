import { customKind, type KnownProvider, type NewProvider, type Provider } from '#shared/domain/provider.ts';
import type { ConversationDialect } from '#shared/domain/dialect.ts';
import { conversationDialectSchema } from '#shared/domain/dialect.ts';
import { CorvusError } from '#shared/errors.ts';
import type { ProviderAdapter } from './adapter.ts';
import { withoutEndpoint } from './base-url.ts';
import { adapterFor, knownProviders } from './known-providers.ts';

/** What a provider is, apart from its name and key. */
export type Place = Pick<Provider, 'kind' | 'dialects' | 'baseUrl' | 'isLocal'>;

/** Where a new provider is, from what a person entered and what its kind is known for. Throws `bad_request`. */
export function placeOf({ kind, baseUrl, custom }: Pick<NewProvider, 'kind' | 'baseUrl' | 'custom'>): Place {
  if (kind === customKind) {
    if (baseUrl === null) throw refuse('baseUrl', 'Enter the base URL of this provider.');
    if (custom === null) throw refuse('custom', 'Say which dialects this provider speaks.');
    return { kind, baseUrl, ...custom };
  }
  const adapter = adapterFor(kind);
  if (!adapter) throw refuse('kind', `There is no kind of provider "${kind}". Use "${customKind}" and its base URL.`);
  return asKnown(adapter, baseUrl);
}

/** A stored place as this program knows it: what a kind speaks may have grown since the row was written. */
export function refreshed<P extends Place>(place: P): P {
  const adapter = adapterFor(place.kind);
  return adapter ? { ...place, dialects: dialectsOf(adapter), isLocal: adapter.isLocal } : place;
}

/** Every kind that can be added by name. */
export function catalogue(): KnownProvider[] {
  return knownProviders.map((adapter) => ({
    kind: adapter.kind,
    name: adapter.name,
    keyUrl: adapter.keyUrl,
    environmentVariable: adapter.environmentVariable,
    baseUrl: adapter.origin,
    isLocal: adapter.isLocal,
    dialects: dialectsOf(adapter),
  }));
}

function asKnown(adapter: ProviderAdapter, entered: string | null): Place {
  const baseUrl = entered ?? adapter.origin;
  if (baseUrl === null) throw refuse('baseUrl', `Enter the address of your ${adapter.name} resource.`);
  return { kind: adapter.kind, dialects: dialectsOf(adapter), isLocal: adapter.isLocal, baseUrl: addressOf(adapter, baseUrl) };
}

/** Only the host is taken over, for the paths are known. One that is served under another path is not this kind. */
function addressOf(adapter: ProviderAdapter, baseUrl: string): string {
  const { origin, pathname, search } = new URL(baseUrl);
  const path = withoutEndpoint(pathname);
  const isKnown = Object.values(adapter.endpoints).some((known) => `${known}/`.startsWith(`${path}/`));
  if (isKnown || path === '') return origin + search;
  // What a person copies from a portal names one deployment and its dated version, neither of which the common path takes.
  if (adapter.origin === null) return origin;
  throw refuse('baseUrl', `${adapter.name} is not found under ${path}. Enter its address without a path, or add it as "${customKind}".`);
}

function dialectsOf({ endpoints }: ProviderAdapter): ConversationDialect[] {
  return conversationDialectSchema.options.filter((dialect) => endpoints[dialect] !== undefined);
}

function refuse(param: string, message: string): CorvusError {
  return new CorvusError('bad_request', message, { param });
}

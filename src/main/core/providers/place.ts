import { customKind, type KnownProvider, type NewProvider, type Provider } from '#shared/domain/provider.ts';
import type { UpstreamDialect } from '#shared/domain/dialect.ts';
import { upstreamDialectSchema } from '#shared/domain/dialect.ts';
import { CorvusError } from '#shared/errors.ts';
import type { ProviderAdapter } from './adapter.ts';
import { withoutEndpoint } from './base-url.ts';
import { adapterFor, knownProviders } from './known-providers.ts';

/** A provider's address and dialects, without its name and key. */
export type Place = Pick<Provider, 'kind' | 'dialects' | 'baseUrl' | 'isLocal'>;

/** Where a new provider is, from what a person entered and what is known about its kind. Throws `bad_request`. */
export function placeOf({ kind, baseUrl, custom }: Pick<NewProvider, 'kind' | 'baseUrl' | 'custom'>): Place {
  if (kind === customKind) {
    if (baseUrl === null) throw refuse('baseUrl', 'Enter the base URL of this provider.');
    if (custom === null) throw refuse('custom', 'Name the dialects that this provider supports.');
    return { kind, baseUrl, ...custom };
  }
  const adapter = adapterFor(kind);
  if (!adapter)
    throw refuse('kind', `"${kind}" is not a known kind of provider. Use "${customKind}" and its base URL.`);
  return asKnown(adapter, baseUrl);
}

/** A stored place as this program knows it: a kind may support more dialects than when the row was written. */
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
    keyPattern: adapter.keyPattern?.source ?? null,
    baseUrl: adapter.origin,
    isLocal: adapter.isLocal,
    dialects: dialectsOf(adapter),
  }));
}

function asKnown(adapter: ProviderAdapter, entered: string | null): Place {
  const baseUrl = entered ?? adapter.origin;
  if (baseUrl === null) throw refuse('baseUrl', `Enter the address of your ${adapter.name} resource.`);
  return {
    kind: adapter.kind,
    dialects: dialectsOf(adapter),
    isLocal: adapter.isLocal,
    baseUrl: addressOf(adapter, baseUrl),
  };
}

/** Only the host is used, because the paths are known. A provider under another path is not of this kind. */
function addressOf(adapter: ProviderAdapter, baseUrl: string): string {
  const { origin, pathname, search } = new URL(baseUrl);
  const path = withoutEndpoint(pathname);
  const isKnown = Object.values(adapter.endpoints).some((known) => `${known}/`.startsWith(`${path}/`));
  if (isKnown || path === '') return origin + search;
  // The address in the portal names one deployment and its dated version; the common path has neither.
  if (adapter.origin === null) return origin;
  throw refuse(
    'baseUrl',
    `${adapter.name} does not answer under ${path}. Enter its address without a path, or add it as "${customKind}".`,
  );
}

function dialectsOf({ endpoints }: ProviderAdapter): UpstreamDialect[] {
  return upstreamDialectSchema.options.filter((dialect) => endpoints[dialect] !== undefined);
}

function refuse(param: string, message: string): CorvusError {
  return new CorvusError('bad_request', message, { param });
}

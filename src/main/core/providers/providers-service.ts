import type { Network } from '#proxy/network/create-network.ts';
import type { Send } from '#proxy/upstream/send.ts';
import type { CallName, Handlers } from '#shared/contract/contract.ts';
import type { UpstreamSelector } from '#proxy/upstream/upstream-selector.ts';
import { firstKeyName, type LocalServer } from '#shared/domain/provider.ts';
import { CorvusError, toCorvusError } from '#shared/errors.ts';
import type { ProviderId } from '#shared/ids.ts';
import type { UpstreamDialect, Dialect } from '#shared/domain/dialect.ts';
import type { Ports } from '../ports.ts';
import { checkBaseUrl } from './base-url.ts';
import { catalogue, type Place, placeOf } from './place.ts';
import { knownProviders } from './known-providers.ts';
import type { RouteProvider } from '../routing/choose-route.ts';
import type { ProviderKeyRecord, ProviderRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import type { Emit } from '../emit.ts';
import { findKeys, type FoundKeysDeps, providerOfFound } from './found-keys.ts';
import { createLocalDiscovery } from './local-discovery.ts';
import { createProviderBalances } from './provider-balances.ts';
import { createKeyCalls } from './key-calls.ts';
import { healthOfKey } from './key-health.ts';
import { createProviderKeys, hintOf, type ProviderKeys } from './provider-keys.ts';
import { createProviderRecords, type ProviderRecords } from './provider-records.ts';
import { createFreshLists } from './fresh-lists.ts';
import type { ProxyLogins } from '../network/proxy-logins.ts';
import type { ProxyChoice } from '#shared/domain/network.ts';
import { testProvider } from './test-provider.ts';

interface ProvidersServiceDeps {
  ports: Pick<Ports, 'clock' | 'secrets' | 'logger' | 'userSpace'>;
  store: Pick<Store, 'providers'>;
  network: Pick<Network, 'proxyFor'>;
  send: Send;
  logins: ProxyLogins;
  emit: Emit;
  selector: Pick<UpstreamSelector, 'failing'>;
  /** Where this program listens. */
  ownOrigins(): readonly string[];
}

/** A key with its secret. */
export type ProviderCredential = ProviderKeyRecord & { secret: string };

type ProviderCalls = Extract<CallName, `providers.${string}`>;

export interface ProvidersService {
  handlers: Pick<Handlers, ProviderCalls>;
  start(): Promise<void>;
  /** Asks providers whose list of models is old, or not known, for it again. */
  freshen(): Promise<void>;
  /** Oldest first; in memory because every call is routed by them. */
  current(): readonly ProviderRecord[];
  /** The same, as routing sees them. */
  forRouting(): readonly RouteProvider[];
  /**
   * The provider's keys that can be read, with their secrets; none where it needs none. Throws `secret_unreadable`
   * where none can.
   */
  credentials(record: ProviderRecord): Promise<readonly ProviderCredential[]>;
  /** By which proxy it is reached. Throws `secret_unreadable`. */
  proxy(record: ProviderRecord): Promise<ProxyChoice>;
}

export function createProvidersService(parts: ProvidersServiceDeps): ProvidersService {
  const { ports, store, network, send, logins, emit, selector, ownOrigins } = parts;
  const keys = createProviderKeys(ports.secrets);
  const proxyOf = ({ id, proxy }: ProviderRecord) => logins.choice(id, proxy);
  const balances = createProviderBalances({ clock: ports.clock, send, readKey: keys.readFirst, proxyOf });
  const discover = createLocalDiscovery(ports.clock, send, knownProviders);
  const healthOf = (id: ProviderId, key: ProviderKeyRecord) => healthOfKey(selector, id, key, ports.clock.nowMs());
  const through = (record: ProviderRecord) => proxyInUse(network, record);
  const records = createProviderRecords({ store: store.providers, keys, healthOf, balances, emit, through });
  const { find, view, changed, viewChanged } = records;
  const foundKeys = foundKeysDeps(parts, records, keys);
  const handlers: Pick<Handlers, ProviderCalls> = {
    'providers.list': async () => Promise.all(records.current().map(view)),
    'providers.catalogue': async () => catalogue(),
    'providers.discover': async () => (await discover()).filter((server) => !isSetUp(server, records.current())),
    async 'providers.add'(provider) {
      const { id, key } = provider;
      const place = placeOf(provider);
      checkBaseUrl(place.baseUrl, { isLocal: place.isLocal, ownOrigins: ownOrigins() });
      if (!(await store.providers.insert(newRecord(id, place, key, ports.clock.nowMs())))) {
        throw new CorvusError('conflict', `A provider "${id}" already exists.`, { param: 'id' });
      }
      try {
        if (key !== null) await keys.keep(id, firstKeyName, key);
      } catch (error) {
        await store.providers.remove(id);
        throw error;
      }
      return viewChanged(id);
    },
    'providers.find-keys': () => findKeys(foundKeys),
    'providers.add-found': async (found) => handlers['providers.add'](await providerOfFound(found, foundKeys)),
    async 'providers.set-proxy'({ id, proxy }) {
      await store.providers.setProxy(id, await logins.keep(id, proxy, find(id).proxy));
      return viewChanged(id);
    },
    ...createKeyCalls({ clock: ports.clock, store: store.providers, records, keys, balances }),
    async 'providers.remove'({ id }) {
      const record = find(id);
      await store.providers.remove(id);
      await logins.forget(id);
      for (const { name } of record.keys) await keys.keep(id, name, null);
      balances.forget(id);
      await changed(id);
      return { id };
    },
    async 'providers.test'({ id }) {
      const record = find(id);
      const testing = testProvider(record, keys.read, { ...ports, network, send, proxyOf });
      const [result] = await Promise.all([testing, balances.refresh(record, true)]);
      await store.providers.setTest(result);
      return viewChanged(id);
    },
    async 'providers.refresh-balances'() {
      const ids = await balances.refreshAll(records.current());
      if (ids.length > 0) emit('providers.changed', { ids });
      return Promise.all(records.current().map(view));
    },
  };

  return {
    ...createFreshLists({ clock: ports.clock, send, proxyOf, records, keys, store: store.providers }),
    handlers,
    start: records.load,
    current: records.current,
    forRouting: () => records.current().map(routedAs),
    credentials: (record) => credentialsOf(record, keys),
    proxy: proxyOf,
  };
}

async function credentialsOf(record: ProviderRecord, keys: ProviderKeys): Promise<ProviderCredential[]> {
  const found: ProviderCredential[] = [];
  for (const key of record.keys) {
    const secret = await keys.read(record.id, key.name).catch(() => null);
    if (secret !== null) found.push({ ...key, secret });
  }
  // All of them are unreadable: the reason is that of the first.
  if (found.length === 0) await keys.readFirst(record);
  return found;
}

function foundKeysDeps(
  { ports, ownOrigins }: ProvidersServiceDeps,
  { current }: Pick<ProviderRecords, 'current'>,
  keys: ProviderKeys,
): FoundKeysDeps {
  const takenIds = () => current().map(({ id }) => id);
  return { space: ports.userSpace, ownOrigins, takenIds, secrets: () => secretsInUse(current(), keys) };
}

async function secretsInUse(records: readonly ProviderRecord[], keys: ProviderKeys): Promise<string[]> {
  const named = records.flatMap(({ id, keys: own }) => own.map(({ name }) => keys.read(id, name).catch(() => null)));
  return (await Promise.all(named)).filter((secret) => secret !== null);
}

function newRecord(id: ProviderId, place: Place, key: string | null, nowMs: number): ProviderRecord {
  const keys =
    key === null ? [] : [{ name: firstKeyName, hint: hintOf(key), priority: 0, weight: 1, storedAtMs: nowMs }];
  return { id, ...place, keys, proxy: { use: 'environment' }, createdAtMs: nowMs, models: null, lastTest: null };
}

/** As a page shows it; a proxy that cannot be used says so when it is. */
function proxyInUse(network: Pick<Network, 'proxyFor'>, { baseUrl, proxy }: ProviderRecord): string | null {
  try {
    return network.proxyFor({ origin: new URL(baseUrl).origin, proxy })?.shown ?? null;
  } catch (error) {
    return toCorvusError(error).message;
  }
}

function isSetUp({ baseUrl }: LocalServer, records: readonly ProviderRecord[]): boolean {
  return records.some((record) => originOf(record.baseUrl) === originOf(baseUrl));
}

/** One form for every name of this machine in an address. */
function originOf(baseUrl: string): string {
  return new URL(baseUrl).origin.replace(/\/\/(localhost|\[::1\])(?=:|$)/, '//127.0.0.1');
}

/** The dialects at the address of each conversation dialect. */
const beside: Readonly<Record<UpstreamDialect, readonly Dialect[]>> = {
  'openai-chat': ['openai-chat', 'openai-completions', 'openai-embeddings', 'openai-passthrough'],
  'openai-responses': ['openai-responses'],
  'anthropic-messages': ['anthropic-messages', 'anthropic-count-tokens'],
  gemini: ['gemini', 'gemini-count-tokens', 'gemini-embeddings'],
};

const asRouted = new WeakMap<ProviderRecord, RouteProvider>();

/** A provider as routing sees it, made once for each record: every call asks for all of them. */
function routedAs(record: ProviderRecord): RouteProvider {
  const known = asRouted.get(record);
  if (known) return known;
  const routed = { ...record, dialects: dialectsOf(record) };
  asRouted.set(record, routed);
  return routed;
}

/** The dialects a provider can be called in. */
function dialectsOf({ dialects }: { dialects: readonly UpstreamDialect[] }): readonly Dialect[] {
  return dialects.flatMap((dialect) => beside[dialect]);
}

import type { Handlers } from '#shared/contract/contract.ts';
import type { Provider } from '#shared/domain/provider.ts';
import { CorvusError } from '#shared/errors.ts';
import type { ProviderId } from '#shared/ids.ts';
import type { Ports } from '../ports.ts';
import { checkBaseUrl } from '../providers/base-url.ts';
import { catalogue, placeOf, refreshed } from '../providers/place.ts';
import type { ProviderRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import type { Emit } from './emit.ts';
import { createProviderKeys } from './provider-keys.ts';
import { testProvider } from './test-provider.ts';

export interface ProvidersServiceParts {
  ports: Pick<Ports, 'clock' | 'secrets' | 'logger'>;
  store: Pick<Store, 'providers'>;
  emit: Emit;
  /** Where the gateway listens; null before it does. */
  gatewayUrl(): string | null;
}

type ProviderCalls =
  | 'providers.list'
  | 'providers.catalogue'
  | 'providers.add'
  | 'providers.set-key'
  | 'providers.remove'
  | 'providers.test';

export interface ProvidersService {
  handlers: Pick<Handlers, ProviderCalls>;
  start(): Promise<void>;
  /** Oldest first; in memory, for every call is routed by them. */
  current(): readonly ProviderRecord[];
  /** The provider's key; null when it has none. Throws `secret_unreadable`. */
  secret(id: ProviderId): Promise<string | null>;
}

export function createProvidersService({ ports, store, emit, gatewayUrl }: ProvidersServiceParts): ProvidersService {
  const keys = createProviderKeys(ports.secrets);
  let records: readonly ProviderRecord[] = [];

  function find(id: ProviderId): ProviderRecord {
    const record = records.find((candidate) => candidate.id === id);
    if (!record) throw new CorvusError('not_found', `There is no provider "${id}".`);
    return record;
  }

  async function view(record: ProviderRecord): Promise<Provider> {
    return { ...record, isKeyReadable: record.keyHint === null || (await keys.isReadable(record.id)) };
  }

  async function load(): Promise<void> {
    records = (await store.providers.list()).map(refreshed);
  }

  /** Every change ends here: the list in memory is the stored one, and every page hears of it. */
  async function changed(id: ProviderId): Promise<void> {
    await load();
    emit('providers.changed', { ids: [id] });
  }

  const handlers = {
    'providers.list': async () => Promise.all(records.map(view)),
    'providers.catalogue': async () => catalogue(),
    async 'providers.add'(provider) {
      const { id, key } = provider;
      const place = placeOf(provider);
      checkBaseUrl(place.baseUrl, { isLocal: place.isLocal, ownOrigin: gatewayUrl() });
      const record = { id, ...place, keyHint: hintOf(key), createdAtMs: ports.clock.nowMs(), models: null, lastTest: null };
      if (!(await store.providers.insert(record))) {
        throw new CorvusError('conflict', `There is a provider "${id}" already.`, { param: 'id' });
      }
      await keys.keep(id, key).catch(async (error: unknown) => {
        await store.providers.remove(id);
        throw error;
      });
      await changed(id);
      return view(find(id));
    },
    async 'providers.set-key'({ id, key }) {
      find(id);
      await keys.keep(id, key);
      await store.providers.setKeyHint(id, hintOf(key));
      await changed(id);
      return view(find(id));
    },
    async 'providers.remove'({ id }) {
      find(id);
      await store.providers.remove(id);
      await keys.keep(id, null);
      await changed(id);
      return { id };
    },
    async 'providers.test'({ id }) {
      await store.providers.setTest(await testProvider(find(id), () => keys.read(id), ports));
      await changed(id);
      return view(find(id));
    },
  } satisfies ProvidersService['handlers'];

  return { handlers, start: load, current: () => records, secret: keys.read };
}

/** The last four characters; of a very short key nothing, for four would be most of it. */
function hintOf(key: string | null): string | null {
  if (key === null) return null;
  return key.length < 12 ? '…' : `…${key.slice(-4)}`;
}

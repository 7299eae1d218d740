import type { Provider, ProviderKey } from '#shared/domain/provider.ts';
import { CorvusError } from '#shared/errors.ts';
import type { ProviderId } from '#shared/ids.ts';
import { refreshed } from './place.ts';
import type { ProviderKeyRecord, ProviderRecord } from '../store/records.ts';
import type { ProviderStore } from '../store/store.ts';
import type { Emit } from '../emit.ts';
import type { ProviderBalances } from './provider-balances.ts';
import type { ProviderKeys } from './provider-keys.ts';

/** The stored providers, in memory because every call is routed by them. */
export interface ProviderRecords {
  /** Oldest first. */
  current(): readonly ProviderRecord[];
  /** Throws `not_found`. */
  find(id: ProviderId): ProviderRecord;
  /** As a page sees it. */
  view(record: ProviderRecord): Promise<Provider>;
  load(): Promise<void>;
  /** Every change ends here, so that the list in memory equals the stored one and every page is notified. */
  changed(id: ProviderId): Promise<void>;
  /** The same, and the provider as it is now. */
  viewChanged(id: ProviderId): Promise<Provider>;
}

interface RecordsDeps {
  store: Pick<ProviderStore, 'list'>;
  keys: ProviderKeys;
  healthOf(id: ProviderId, key: ProviderKeyRecord): ProviderKey['health'];
  balances: ProviderBalances;
  emit: Emit;
  /** The proxy in use for a provider, without its login; null: none. */
  through(record: ProviderRecord): string | null;
}

export function createProviderRecords({
  store,
  keys,
  healthOf,
  balances,
  emit,
  through,
}: RecordsDeps): ProviderRecords {
  let records: readonly ProviderRecord[] = [];

  async function load(): Promise<void> {
    records = (await store.list()).map(refreshed);
  }

  function find(id: ProviderId): ProviderRecord {
    const record = records.find((candidate) => candidate.id === id);
    if (!record) throw new CorvusError('not_found', `There is no provider "${id}".`);
    return record;
  }

  async function view(record: ProviderRecord): Promise<Provider> {
    const shown = record.keys.map(async (key) => {
      const { name, hint, priority, weight } = key;
      const isReadable = await keys.isReadable(record.id, name);
      return { name, hint, isReadable, priority, weight, health: healthOf(record.id, key) };
    });
    return { ...record, keys: await Promise.all(shown), through: through(record), balance: balances.of(record.id) };
  }

  async function changed(id: ProviderId): Promise<void> {
    await load();
    emit('providers.changed', { ids: [id] });
  }

  return {
    current: () => records,
    find,
    view,
    load,
    changed,
    async viewChanged(id) {
      await changed(id);
      return view(find(id));
    },
  };
}

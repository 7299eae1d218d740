import type { Provider } from '#shared/domain/provider.ts';
import { CorvusError } from '#shared/errors.ts';
import type { ProviderId } from '#shared/ids.ts';
import { refreshed } from './place.ts';
import type { ProviderRecord } from '../store/records.ts';
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
}

export function createProviderRecords(
  store: Pick<ProviderStore, 'list'>,
  keys: ProviderKeys,
  balances: ProviderBalances,
  emit: Emit,
): ProviderRecords {
  let records: readonly ProviderRecord[] = [];

  async function load(): Promise<void> {
    records = (await store.list()).map(refreshed);
  }

  return {
    current: () => records,
    find(id) {
      const record = records.find((candidate) => candidate.id === id);
      if (!record) throw new CorvusError('not_found', `There is no provider "${id}".`);
      return record;
    },
    async view(record) {
      const isKeyReadable = record.keyHint === null || (await keys.isReadable(record.id));
      return { ...record, isKeyReadable, balance: balances.of(record.id) };
    },
    load,
    async changed(id) {
      await load();
      emit('providers.changed', { ids: [id] });
    },
  };
}

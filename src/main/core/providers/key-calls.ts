import type { Handlers } from '#shared/contract/contract.ts';
import type { Provider } from '#shared/domain/provider.ts';
import { CorvusError } from '#shared/errors.ts';
import type { ProviderId } from '#shared/ids.ts';
import type { Clock } from '#shared/ports.ts';
import type { ProviderKeyRecord, ProviderRecord } from '../store/records.ts';
import type { ProviderStore } from '../store/store.ts';
import type { ProviderBalances } from './provider-balances.ts';
import { hintOf, inOrder, type ProviderKeys } from './provider-keys.ts';
import type { ProviderRecords } from './provider-records.ts';

interface KeyCallsDeps {
  clock: Clock;
  store: Pick<ProviderStore, 'setKeys'>;
  records: ProviderRecords;
  keys: ProviderKeys;
  balances: Pick<ProviderBalances, 'forget'>;
}

type KeyCall = 'providers.add-key' | 'providers.change-key' | 'providers.remove-key';

const mostKeys = 50;

/** The calls that change a provider's keys. One after the other: each starts with the list that the last one left. */
export function createKeyCalls({ clock, store, records, keys, balances }: KeyCallsDeps): Pick<Handlers, KeyCall> {
  let last: Promise<unknown> = Promise.resolve();

  /** @param secret undefined: it stays; null: it is removed */
  function change(
    id: ProviderId,
    name: string,
    secret: string | null | undefined,
    edit: (provider: ProviderRecord) => readonly ProviderKeyRecord[],
  ): Promise<Provider> {
    const changed = last.then(async () => {
      const edited = inOrder(edit(records.find(id)));
      if (typeof secret === 'string') await keys.keep(id, name, secret);
      await store.setKeys(id, edited);
      if (secret === null) await keys.keep(id, name, null);
      if (secret !== undefined) balances.forget(id);
      await records.changed(id);
      return records.view(records.find(id));
    });
    last = changed.catch(() => {});
    return changed;
  }

  return {
    'providers.add-key': ({ id, name, key, priority, weight }) =>
      change(id, name, key, (provider) => {
        if (provider.keys.some((other) => other.name === name)) {
          throw new CorvusError('conflict', `${id} already has a key "${name}".`, { param: 'name' });
        }
        if (provider.keys.length >= mostKeys)
          throw new CorvusError('bad_request', `A provider has ${mostKeys} keys at most.`);
        return [...provider.keys, { name, hint: hintOf(key), priority, weight, storedAtMs: clock.nowMs() }];
      }),
    'providers.change-key': ({ id, name, key, priority, weight }) =>
      change(id, name, key ?? undefined, (provider) => {
        const known = findKey(provider, name);
        const stored = key === null ? {} : { hint: hintOf(key), storedAtMs: clock.nowMs() };
        const next = { ...known, priority: priority ?? known.priority, weight: weight ?? known.weight, ...stored };
        return provider.keys.map((other) => (other === known ? next : other));
      }),
    'providers.remove-key': ({ id, name }) =>
      change(id, name, null, (provider) => {
        const known = findKey(provider, name);
        return provider.keys.filter((other) => other !== known);
      }),
  };
}

function findKey({ id, keys }: ProviderRecord, name: string): ProviderKeyRecord {
  const known = keys.find((key) => key.name === name);
  if (!known) throw new CorvusError('not_found', `${id} has no key "${name}".`);
  return known;
}

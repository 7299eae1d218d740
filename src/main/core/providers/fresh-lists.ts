import type { ProviderId } from '#shared/ids.ts';
import { hourMs, minuteMs } from '#shared/time.ts';
import type { ProviderRecord } from '../store/records.ts';
import type { ProviderStore } from '../store/store.ts';
import type { ProviderKeys } from './provider-keys.ts';
import type { ProviderRecords } from './provider-records.ts';
import { readModels, type TestDeps } from './test-provider.ts';

export interface FreshLists {
  /**
   * Asks providers for their models again where that is due. Waits, for a moment, only for those whose models are not
   * known at all.
   */
  freshen(): Promise<void>;
}

export interface FreshListsDeps extends Pick<TestDeps, 'clock' | 'send' | 'proxyOf'> {
  records: Pick<ProviderRecords, 'current' | 'changed'>;
  keys: Pick<ProviderKeys, 'readFirst'>;
  store: Pick<ProviderStore, 'setModels'>;
}

const freshMs = hourMs;
/** A provider that gives no list is asked again after this. */
const unknownFreshMs = minuteMs;
const longestWaitMs = 3_000;

/** Keeps the providers' lists of models as old as an hour at most, whenever a person or a tool looks at them. */
export function createFreshLists({ records, keys, store, ...asking }: FreshListsDeps): FreshLists {
  const { clock } = asking;
  const asked = new Map<ProviderId, { atMs: number; answer: Promise<void> }>();

  /** Does nothing where the provider gives no list. */
  async function refresh(record: ProviderRecord): Promise<void> {
    const models = await readModels(record, () => keys.readFirst(record), asking);
    if (models === null || JSON.stringify(models) === JSON.stringify(record.models)) return;
    await store.setModels(record.id, models);
    await records.changed(record.id);
  }

  function ask(record: ProviderRecord): Promise<void> {
    const last = asked.get(record.id);
    const nowMs = clock.nowMs();
    const lastMs = last?.atMs ?? record.lastTest?.atMs ?? null;
    if (lastMs !== null && nowMs - lastMs < (record.models === null ? unknownFreshMs : freshMs))
      return last?.answer ?? Promise.resolve();
    const answer = refresh(record).catch(() => {});
    asked.set(record.id, { atMs: nowMs, answer });
    return answer;
  }

  return {
    async freshen() {
      const awaited = records.current().flatMap((record) => {
        const answer = ask(record);
        return record.models === null ? [answer] : [];
      });
      if (awaited.length === 0) return;
      const over = Promise.withResolvers<void>();
      const cancel = clock.after(longestWaitMs, over.resolve);
      await Promise.race([Promise.all(awaited), over.promise]);
      cancel();
    },
  };
}

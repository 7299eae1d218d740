import type { Handlers } from '#shared/contract/contract.ts';
import type { Provider } from '#shared/domain/provider.ts';
import { CorvusError, toCorvusError } from '#shared/errors.ts';
import type { ProviderId } from '#shared/ids.ts';
import type { Ports } from '../ports.ts';
import { checkBaseUrl } from '../providers/base-url.ts';
import { listModels } from '../providers/list-models.ts';
import type { ProviderRecord, ProviderTest } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import type { Emit } from './emit.ts';

const testTimeoutMs = 10_000;

export interface ProvidersServiceParts {
  ports: Pick<Ports, 'clock' | 'secrets' | 'logger'>;
  store: Pick<Store, 'providers'>;
  emit: Emit;
  /** Where the gateway listens; null before it does. */
  gatewayUrl(): string | null;
}

type ProviderCalls = 'providers.list' | 'providers.add' | 'providers.set-key' | 'providers.remove' | 'providers.test';

export interface ProvidersService {
  handlers: Pick<Handlers, ProviderCalls>;
  start(): Promise<void>;
  /** Oldest first; in memory, for every call is routed by them. */
  current(): readonly ProviderRecord[];
  /** The provider's key; null when it has none. Throws `secret_unreadable`. */
  secret(id: ProviderId): Promise<string | null>;
}

export function createProvidersService({ ports, store, emit, gatewayUrl }: ProvidersServiceParts): ProvidersService {
  let records: readonly ProviderRecord[] = [];
  /** Keys that were read once, so that no call waits for the vault. */
  const secrets = new Map<ProviderId, string | null>();

  async function reload(changed?: ProviderId): Promise<void> {
    records = await store.providers.list();
    if (changed !== undefined) emit('providers.changed', { ids: [changed] });
  }

  async function secret(id: ProviderId): Promise<string | null> {
    const known = secrets.get(id);
    if (known !== undefined) return known;
    const read = await ports.secrets.read(secretName(id));
    secrets.set(id, read);
    return read;
  }

  async function keepSecret(id: ProviderId, key: string | null): Promise<void> {
    if (key === null) await ports.secrets.remove(secretName(id));
    else await ports.secrets.write(secretName(id), key);
    secrets.set(id, key);
  }

  function find(id: ProviderId): ProviderRecord {
    const record = records.find((candidate) => candidate.id === id);
    if (!record) throw new CorvusError('not_found', `There is no provider "${id}".`);
    return record;
  }

  async function view(record: ProviderRecord): Promise<Provider> {
    const isKeyReadable =
      record.keyHint === null ||
      (await secret(record.id).then(
        (key) => key !== null,
        () => false,
      ));
    return { ...record, isKeyReadable };
  }

  async function test(record: ProviderRecord): Promise<ProviderTest> {
    const atMs = ports.clock.nowMs();
    const timeout = new AbortController();
    const cancel = ports.clock.after(testTimeoutMs, () => timeout.abort());
    try {
      const models = await listModels(record, await secret(record.id), timeout.signal);
      const message = `${models.length} ${models.length === 1 ? 'model' : 'models'}`;
      return { id: record.id, models, lastTest: { atMs, ok: true, message, latencyMs: ports.clock.nowMs() - atMs } };
    } catch (error) {
      const refusal = toCorvusError(error);
      if (refusal.code === 'internal_error') ports.logger.error('providers.test-failed', { id: record.id, cause: String(refusal.cause) });
      return { id: record.id, models: null, lastTest: { atMs, ok: false, message: refusal.message, latencyMs: null } };
    } finally {
      cancel();
    }
  }

  const handlers = {
    'providers.list': async () => Promise.all(records.map(view)),
    async 'providers.add'({ key, ...provider }) {
      checkBaseUrl(provider.baseUrl, { isLocal: provider.isLocal, ownOrigin: gatewayUrl() });
      const record = { ...provider, keyHint: hintOf(key), createdAtMs: ports.clock.nowMs(), models: null, lastTest: null };
      if (!(await store.providers.insert(record)))
        throw new CorvusError('conflict', `There is a provider "${provider.id}" already.`, { param: 'id' });
      await keepSecret(provider.id, key).catch(async (error: unknown) => {
        await store.providers.remove(provider.id);
        throw error;
      });
      await reload(provider.id);
      return view(find(provider.id));
    },
    async 'providers.set-key'({ id, key }) {
      find(id);
      await keepSecret(id, key);
      await store.providers.setKeyHint(id, hintOf(key));
      await reload(id);
      return view(find(id));
    },
    async 'providers.remove'({ id }) {
      find(id);
      await store.providers.remove(id);
      await keepSecret(id, null);
      secrets.delete(id);
      await reload(id);
      return { id };
    },
    async 'providers.test'({ id }) {
      await store.providers.setTest(await test(find(id)));
      await reload(id);
      return view(find(id));
    },
  } satisfies ProvidersService['handlers'];

  return { handlers, start: () => reload(), current: () => records, secret };
}

function secretName(id: ProviderId): string {
  return `provider.${id}`;
}

/** The last four characters; of a very short key nothing, for four would be most of it. */
function hintOf(key: string | null): string | null {
  if (key === null) return null;
  return key.length < 12 ? '…' : `…${key.slice(-4)}`;
}

import type { Handlers } from '#shared/contract/contract.ts';
import { type LocalKey, type LocalKeyLimits, type LocalKeyRoute, noLimits } from '#shared/domain/local-key.ts';
import { CorvusError } from '#shared/errors.ts';
import { localKeyIdSchema, timeOrderedId } from '#shared/ids.ts';
import { hashSecret, type LocalKeyRing } from './local-key-ring.ts';
import type { Ports } from '../ports.ts';
import type { LocalKeyRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import type { Emit } from '../emit.ts';

const secretPrefix = 'sk-local-';
/** 32 bytes are 43 characters of base64url. */
const secretBytes = 32;
const quickStartSecret = 'local-key.quick-start';

export interface KeysServiceDeps {
  ports: Pick<Ports, 'clock' | 'random' | 'secrets'>;
  store: Pick<Store, 'localKeys' | 'providers'>;
  /** The gateway looks keys up here; kept equal to the stored ones. */
  ring: Pick<LocalKeyRing, 'replace'>;
  emit: Emit;
}

export interface KeysService {
  handlers: Pick<Handlers, 'keys.list' | 'keys.create' | 'keys.set-limits' | 'keys.set-attribution' | 'keys.revoke'>;
  /** Fills the ring. */
  start(): Promise<void>;
  /** The key of the first curl: created once. Its secret is kept, so that it can be shown again. */
  quickStartKey(): Promise<string>;
}

export function createKeysService({ ports, store, ring, emit }: KeysServiceDeps): KeysService {
  async function fillRing(): Promise<LocalKeyRecord[]> {
    const records = await store.localKeys.list();
    ring.replace(records.map((record) => ({ ...record, isRevoked: record.revokedAtMs !== null })));
    return records;
  }

  async function create(
    label: string,
    route: LocalKeyRoute,
    limits: LocalKeyLimits = noLimits,
  ): Promise<{ key: LocalKey; secret: string }> {
    const secret = secretPrefix + Buffer.from(ports.random.bytes(secretBytes)).toString('base64url');
    const record: LocalKeyRecord = {
      id: localKeyIdSchema.parse(timeOrderedId('lk', ports.clock.nowMs(), ports.random.bytes(10))),
      label,
      hint: `${secretPrefix}…${secret.slice(-4)}`,
      route,
      limits,
      steadiesAttribution: false,
      secretHash: hashSecret(secret),
      createdAtMs: ports.clock.nowMs(),
      lastUsedAtMs: null,
      revokedAtMs: null,
    };
    await store.localKeys.insert(record);
    await fillRing();
    emit('keys.changed', { ids: [record.id] });
    return { key: viewOf(record), secret };
  }

  /** A change on disk takes effect at once, and every page is notified. */
  async function changed(record: LocalKeyRecord | null): Promise<LocalKey> {
    if (!record) throw new CorvusError('not_found', 'This local key does not exist.');
    await fillRing();
    emit('keys.changed', { ids: [record.id] });
    return viewOf(record);
  }

  const handlers = {
    'keys.list': async () => (await store.localKeys.list()).map(viewOf),
    async 'keys.create'({ label, route, limits }) {
      const providerId = route.startsWith('provider:') ? route.slice('provider:'.length) : null;
      const isKnown = providerId === null || (await store.providers.list()).some(({ id }) => id === providerId);
      if (!isKnown) throw new CorvusError('not_found', `There is no provider "${providerId}".`, { param: 'route' });
      return create(label, route, limits);
    },
    'keys.set-limits': async ({ id, limits }) => changed(await store.localKeys.limit(id, limits)),
    'keys.set-attribution': async ({ id, isSteady }) => changed(await store.localKeys.steady(id, isSteady)),
    'keys.revoke': async ({ id }) => changed(await store.localKeys.revoke(id, ports.clock.nowMs())),
  } satisfies KeysService['handlers'];

  return {
    handlers,
    start: async () => void (await fillRing()),
    async quickStartKey() {
      const stored = await ports.secrets.read(quickStartSecret).catch(() => null);
      const hash = stored === null ? null : hashSecret(stored);
      const isUsable = (await store.localKeys.list()).some(
        ({ secretHash, revokedAtMs }) => secretHash === hash && revokedAtMs === null,
      );
      if (stored !== null && isUsable) return stored;
      const { secret } = await create('Quick start', 'auto');
      await ports.secrets.write(quickStartSecret, secret);
      return secret;
    },
  };
}

function viewOf({ secretHash: _hash, ...key }: LocalKeyRecord): LocalKey {
  return key;
}

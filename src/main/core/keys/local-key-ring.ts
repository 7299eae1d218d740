import { hash } from 'node:crypto';
import { dayText } from '#shared/day-text.ts';
import type { LocalKeyLimits, LocalKeyRoute } from '#shared/domain/local-key.ts';
import { CorvusError } from '#shared/errors.ts';
import type { LocalKeyId } from '#shared/ids.ts';

/** The caller: the tool behind a local key. */
export interface LocalKeyCaller {
  id: LocalKeyId;
  label: string;
  route: LocalKeyRoute;
  limits: LocalKeyLimits;
  steadiesAttribution: boolean;
}

export interface StoredLocalKey extends LocalKeyCaller {
  /** SHA-256 of the secret, hex; the secret itself is not stored. */
  secretHash: string;
  isRevoked: boolean;
}

/** The local keys in memory, so that no call waits for the disk. */
export interface LocalKeyRing {
  replace(keys: readonly StoredLocalKey[]): void;
  /** Throws `invalid_api_key`. Looked up by hash, so timing reveals nothing about a near miss. */
  find(secret: string): LocalKeyCaller;
  /** The current state of a key that was found before. Throws `invalid_api_key` once it was revoked or has expired. */
  current(caller: LocalKeyCaller): LocalKeyCaller;
}

export function hashSecret(secret: string): string {
  return hash('sha256', secret);
}

export function createLocalKeyRing(nowMs: () => number): LocalKeyRing {
  let byHash: ReadonlyMap<string, StoredLocalKey> = new Map();
  let byId: ReadonlyMap<LocalKeyId, StoredLocalKey> = new Map();
  return {
    replace(keys) {
      byHash = new Map(keys.map((key) => [key.secretHash, key]));
      byId = new Map(keys.map((key) => [key.id, key]));
    },
    find: (secret) => usable(byHash.get(hashSecret(secret)), nowMs()),
    current: ({ id }) => usable(byId.get(id), nowMs()),
  };
}

function usable(key: StoredLocalKey | undefined, nowMs: number): StoredLocalKey {
  if (!key)
    throw new CorvusError(
      'invalid_api_key',
      'This local key is not known here. Create one under Keys, or with "corvusllm keys add".',
    );
  if (key.isRevoked) throw new CorvusError('invalid_api_key', `The local key "${key.label}" was revoked.`);
  const { expiresAtMs } = key.limits;
  if (expiresAtMs !== null && expiresAtMs <= nowMs) {
    const day = dayText(new Date(expiresAtMs));
    throw new CorvusError(
      'invalid_api_key',
      `The local key "${key.label}" expired on ${day}. Create another one under Keys.`,
    );
  }
  return key;
}

import type { ProviderId } from '#shared/ids.ts';
import { CorvusError } from '#shared/errors.ts';
import type { SecretStore } from '../ports.ts';
import type { ProviderKeyRecord, ProviderRecord } from '../store/records.ts';

/**
 * The secrets of the providers' keys: written through to the secret store and read from it once, so that no call waits
 * for the vault.
 */
export interface ProviderKeys {
  /** Throws `secret_unreadable`. */
  read(id: ProviderId, name: string): Promise<string>;
  /**
   * The secret of the first key that can be read; null where the provider has no key. Throws `secret_unreadable` where
   * none can.
   */
  readFirst(provider: Pick<ProviderRecord, 'id' | 'keys'>): Promise<string | null>;
  /** null removes it. */
  keep(id: ProviderId, name: string, key: string | null): Promise<void>;
  isReadable(id: ProviderId, name: string): Promise<boolean>;
}

export function createProviderKeys(secrets: SecretStore): ProviderKeys {
  const known = new Map<string, string>();

  async function read(id: ProviderId, name: string): Promise<string> {
    const secretName = nameOf(id, name);
    const stored = known.get(secretName) ?? (await secrets.read(secretName));
    if (stored === null)
      throw new CorvusError('secret_unreadable', `The key "${name}" of ${id} is missing. Enter it again.`);
    known.set(secretName, stored);
    return stored;
  }

  return {
    read,
    async readFirst({ id, keys }) {
      let problem: unknown = null;
      for (const { name } of inOrder(keys)) {
        try {
          return await read(id, name);
        } catch (error) {
          problem ??= error;
        }
      }
      if (problem !== null) throw problem;
      return null;
    },
    async keep(id, name, key) {
      const secretName = nameOf(id, name);
      if (key === null) {
        await secrets.remove(secretName);
        known.delete(secretName);
      } else {
        await secrets.write(secretName, key);
        known.set(secretName, key);
      }
    },
    isReadable: (id, name) =>
      read(id, name).then(
        () => true,
        () => false,
      ),
  };
}

/** The order in which a provider's keys are used. */
export function inOrder<Key extends Pick<ProviderKeyRecord, 'name' | 'priority' | 'weight'>>(
  keys: readonly Key[],
): Key[] {
  return [...keys].sort((a, b) => a.priority - b.priority || b.weight - a.weight || (a.name < b.name ? -1 : 1));
}

/** The last four characters; none for a very short key, of which four would be most. */
export function hintOf(key: string): string {
  return key.length < 12 ? '…' : `…${key.slice(-4)}`;
}

function nameOf(id: ProviderId, name: string): string {
  return `provider.${id}.${name}`;
}

import type { ProviderId } from '#shared/ids.ts';
import type { SecretStore } from '../ports.ts';

/** The providers' keys: written through to the secret store and read from it once, so that no call waits for the vault. */
export interface ProviderKeys {
  /** null: there is none. Throws `secret_unreadable`. */
  read(id: ProviderId): Promise<string | null>;
  /** null removes it. */
  keep(id: ProviderId, key: string | null): Promise<void>;
  isReadable(id: ProviderId): Promise<boolean>;
}

export function createProviderKeys(secrets: SecretStore): ProviderKeys {
  const known = new Map<ProviderId, string | null>();

  async function read(id: ProviderId): Promise<string | null> {
    const stored = known.get(id);
    if (stored !== undefined) return stored;
    const key = await secrets.read(secretName(id));
    known.set(id, key);
    return key;
  }

  return {
    read,
    async keep(id, key) {
      if (key === null) await secrets.remove(secretName(id));
      else await secrets.write(secretName(id), key);
      known.set(id, key);
    },
    isReadable: (id) =>
      read(id).then(
        (key) => key !== null,
        () => false,
      ),
  };
}

function secretName(id: ProviderId): string {
  return `provider.${id}`;
}

import { useMutation } from '@tanstack/react-query';
import type { FoundKey, NewProvider, Provider } from '#shared/domain/provider.ts';
import { freeProviderId } from '#shared/domain/recognise-key.ts';
import { corvus } from './api.ts';
import { CallError } from './call-error.ts';

/** A key as a person pastes it, or a key that was found on this machine. */
export type ProviderToAdd = { from: 'person'; kind: string; secret: string } | { from: 'found'; key: FoundKey };

/**
 * Adds a provider and tests it at once. One whose key is refused is taken out again; any other result stays on the
 * provider.
 */
export function useAddTested() {
  return useMutation<Provider, CallError, ProviderToAdd>({
    async mutationFn(wanted) {
      const added = await (wanted.from === 'person'
        ? corvus.call('providers.add', await newProvider(wanted))
        : corvus.call('providers.add-found', { variable: wanted.key.variable, where: wanted.key.where }));
      const tested = await corvus.call('providers.test', { id: added.id });
      const { lastTest } = tested;
      if (lastTest?.code !== 'upstream_credential_refused') return tested;
      await corvus.call('providers.remove', { id: added.id });
      throw new CallError({ code: lastTest.code, message: lastTest.message });
    },
  });
}

async function newProvider({ kind, secret }: { kind: string; secret: string }): Promise<NewProvider> {
  const takenIds = (await corvus.call('providers.list', undefined)).map(({ id }) => id);
  return { id: freeProviderId(kind, takenIds), kind, baseUrl: null, custom: null, key: secret };
}

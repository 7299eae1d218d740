import { type ProviderId, providerIdSchema } from '../ids.ts';
import type { KnownProvider } from './provider.ts';

/** Whose key a pasted text can be. `kinds` is empty where no known shape fits; then the person says whose it is. */
export type RecognisedKey =
  | { of: 'nothing' }
  /** A customer key of a CorvusLLM account. */
  | { of: 'account' }
  /** A local key: it is made here, for tools, and buys nothing elsewhere. */
  | { of: 'this-machine' }
  | { of: 'provider'; kinds: readonly KnownProvider[] };

/** Recognises a key by its shape alone: nothing is sent anywhere. Several kinds may share a shape. */
export function recogniseKey(text: string, catalogue: readonly KnownProvider[]): RecognisedKey {
  const key = text.trim();
  if (key === '') return { of: 'nothing' };
  if (key.startsWith('sk-corvus-')) return { of: 'account' };
  if (key.startsWith('sk-local-')) return { of: 'this-machine' };
  return {
    of: 'provider',
    kinds: catalogue.filter(({ keyPattern }) => keyPattern !== null && new RegExp(keyPattern).test(key)),
  };
}

/** The kind's own name, or with a number behind it when there is one already. */
export function freeProviderId(kind: string, takenIds: readonly string[]): ProviderId {
  const numbered = Array.from({ length: takenIds.length }, (_, index) => `${kind}-${index + 2}`);
  return providerIdSchema.parse([kind, ...numbered].find((id) => !takenIds.includes(id)) ?? kind);
}

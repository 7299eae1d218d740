import type { TurnArchive } from './turn-archive.ts';
import type { ModelState, TurnState, TurnStates } from '#shared/translate/model-state.ts';

/** Enough for hundreds of turns with long reasoning. */
const defaultMaxCharacters = 16 * 1024 * 1024;

/**
 * States of models, in memory and, behind it, in the archive. A model's states are found only for the same model at the
 * same provider. The least recently used leave the memory first.
 */
export interface TurnMemory {
  /** @param provider its name and address, so that another server under the same name gets nothing */
  of(provider: string, model: string): TurnStates;
}

export function createTurnMemory(archive: TurnArchive, maxCharacters = defaultMaxCharacters): TurnMemory {
  const entries = new Map<string, { state: ModelState; characters: number }>();
  let total = 0;

  function remove(key: string): void {
    const entry = entries.get(key);
    if (!entry) return;
    entries.delete(key);
    total -= entry.characters;
  }

  function put(key: string, state: ModelState): void {
    remove(key);
    const characters = key.length + JSON.stringify(state).length;
    if (characters > maxCharacters) return;
    entries.set(key, { state, characters });
    total += characters;
    for (const oldest of entries.keys()) {
      if (total <= maxCharacters) return;
      remove(oldest);
    }
  }

  function use(key: string): ModelState | null {
    const entry = entries.get(key);
    if (!entry) return null;
    entries.delete(key);
    entries.set(key, entry);
    return entry.state;
  }

  return {
    of(provider, model) {
      const scoped = (key: string): string => JSON.stringify([provider, model, key]);
      return {
        async find(keys) {
          const names = keys.map(scoped);
          const missing = names.filter((name) => !entries.has(name));
          const stored = await archive.find(missing);
          for (const [name, state] of stored) put(name, state);
          const found = keys.flatMap((key): [string, ModelState][] => {
            const state = use(scoped(key)) ?? stored.get(scoped(key));
            return state ? [[key, state]] : [];
          });
          return new Map(found);
        },
        keep({ key, state }: TurnState) {
          put(scoped(key), state);
          archive.keep(scoped(key), state);
        },
        forget(keys) {
          const names = [...keys].map(scoped);
          for (const name of names) remove(name);
          archive.forget(names);
        },
      };
    },
  };
}

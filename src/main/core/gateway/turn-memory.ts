import type { ModelState, TurnState, TurnStates } from '#shared/translate/model-state.ts';

/** Enough for hundreds of turns with long reasoning. */
const defaultMaxCharacters = 16 * 1024 * 1024;

/**
 * States of models, in memory: what a model thought is as private as the conversation and is not written to disk. A model's states are
 * found only for the same model at the same provider. The least recently used go first.
 */
export interface TurnMemory {
  of(provider: string, model: string): TurnStates;
}

export function createTurnMemory(maxCharacters = defaultMaxCharacters): TurnMemory {
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
        find(keys) {
          const found = keys.flatMap((key): [string, ModelState][] => {
            const state = use(scoped(key));
            return state ? [[key, state]] : [];
          });
          return new Map(found);
        },
        keep: ({ key, state }: TurnState) => put(scoped(key), state),
        forget(keys) {
          for (const key of keys) remove(scoped(key));
        },
      };
    },
  };
}

import { create } from 'zustand';

export type ModelSort = 'cost' | 'name' | 'input' | 'output' | 'context';

export interface Prompt {
  inputTokens: number;
  outputTokens: number;
  /** How much of the input is read from the cache, 0 to 100. */
  cachedPercent: number;
}

/** Unpriced: usable with a key of one's own, and of unknown price. */
export type ShownModels = 'all' | 'reachable' | 'unpriced';

interface ModelsState {
  search: string;
  family: string;
  shown: ShownModels;
  sort: ModelSort;
  isDescending: boolean;
  prompt: Prompt;
  set: (change: Partial<Pick<ModelsState, 'search' | 'family' | 'shown'>>) => void;
  setPrompt: (change: Partial<Prompt>) => void;
  sortBy: (sort: ModelSort) => void;
}

export const useModelsStore = create<ModelsState>((set) => ({
  search: '',
  family: '',
  shown: 'reachable',
  sort: 'cost',
  isDescending: false,
  prompt: { inputTokens: 10_000, outputTokens: 1_000, cachedPercent: 0 },
  set: (change) => set(change),
  setPrompt: (change) => set((state) => ({ prompt: { ...state.prompt, ...change } })),
  sortBy: (sort) => set((state) => ({ sort, isDescending: state.sort === sort ? !state.isDescending : false })),
}));

import { create } from 'zustand';
import type { Settings } from '#shared/contract/settings.ts';

interface SettingsState {
  /** Changes on their way to the core: shown as if they were kept already. */
  pending: Partial<Settings>;
  setPending: (change: Partial<Settings>) => void;
  clearPending: () => void;
}

export const useSettingsStore = create<SettingsState>((set) => ({
  pending: {},
  setPending: (change) => set((state) => ({ pending: { ...state.pending, ...change } })),
  clearPending: () => set({ pending: {} }),
}));

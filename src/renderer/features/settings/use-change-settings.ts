import { useQueryClient } from '@tanstack/react-query';
import { create } from 'zustand';
import type { Settings } from '#shared/contract/settings.ts';
import { showToast } from '../../components/toast.ts';
import { useCorvusCommand } from '../../lib/query.ts';

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

/** Changes settings at once on the page, and back again if the core refuses. */
export function useChangeSettings(): (change: Partial<Settings>) => void {
  const client = useQueryClient();
  const set = useCorvusCommand('settings.set');
  const { setPending, clearPending } = useSettingsStore();
  return (change) => {
    setPending(change);
    set.mutate(change, {
      onSuccess: (settings) => client.setQueryData(['settings.get', undefined], settings),
      onError: (error) => showToast({ tone: 'bad', title: 'The setting was not kept', text: error.message }),
      onSettled: clearPending,
    });
  };
}

import { create } from 'zustand';
import type { Provider, ProviderKey } from '#shared/domain/provider.ts';

/** Which dialog is open, and about which provider. A key that is null is to be added. */
type OpenDialog =
  | { kind: 'none' }
  | { kind: 'add' }
  | { kind: 'paste' }
  | { kind: 'key'; provider: Provider; key: ProviderKey | null }
  | { kind: 'proxy'; provider: Provider }
  | { kind: 'remove'; provider: Provider };

interface ProvidersState {
  dialog: OpenDialog;
  open: (dialog: OpenDialog) => void;
  close: () => void;
}

export const useProvidersStore = create<ProvidersState>((set) => ({
  dialog: { kind: 'none' },
  open: (dialog) => set({ dialog }),
  close: () => set({ dialog: { kind: 'none' } }),
}));

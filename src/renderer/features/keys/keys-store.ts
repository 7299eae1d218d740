import { create } from 'zustand';

export type SnippetTool = 'openai' | 'anthropic' | 'curl' | 'environment';

interface KeysState {
  tool: SnippetTool;
  showsRevoked: boolean;
  setTool: (tool: SnippetTool) => void;
  setShowsRevoked: (showsRevoked: boolean) => void;
}

export const useKeysStore = create<KeysState>((set) => ({
  tool: 'openai',
  showsRevoked: false,
  setTool: (tool) => set({ tool }),
  setShowsRevoked: (showsRevoked) => set({ showsRevoked }),
}));

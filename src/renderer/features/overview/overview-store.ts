import { create } from 'zustand';
import type { Input } from '#shared/contract/contract.ts';

export type ChartRange = Input<'balance.series'>['range'];
export type ChartMeasure = 'cost' | 'requests' | 'tokens';

interface OverviewState {
  range: ChartRange;
  measure: ChartMeasure;
  setRange: (range: ChartRange) => void;
  setMeasure: (measure: ChartMeasure) => void;
}

export const useOverviewStore = create<OverviewState>((set) => ({
  range: '7d',
  measure: 'cost',
  setRange: (range) => set({ range }),
  setMeasure: (measure) => set({ measure }),
}));

import { create } from 'zustand';
import type { UsageMeasure } from '#shared/contract/usage.ts';

export type ChartRange = '24h' | '7d' | '30d' | '90d';
type ChartMeasure = Exclude<UsageMeasure, 'failures'>;

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

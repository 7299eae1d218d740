import { create } from 'zustand';

interface BillingState {
  /** One of the offered amounts, or `custom`. */
  choice: string;
  customAmount: string;
  /** The order whose credit landed while this page was looked at. */
  landedOrderId: string | null;
  choose: (choice: string) => void;
  setCustomAmount: (customAmount: string) => void;
  setLanded: (landedOrderId: string | null) => void;
}

export const useBillingStore = create<BillingState>((set) => ({
  choice: '25',
  customAmount: '',
  landedOrderId: null,
  choose: (choice) => set({ choice }),
  setCustomAmount: (customAmount) => set({ customAmount }),
  setLanded: (landedOrderId) => set({ landedOrderId }),
}));

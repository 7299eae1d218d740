import { create } from 'zustand';

export type ToastTone = 'good' | 'bad' | 'neutral';

interface ToastText {
  tone: ToastTone;
  title: string;
  text?: string;
}

const waitingStore = create<readonly ToastText[]>(() => []);

/** Shows a message in the corner for a few seconds. */
export function showToast(toast: ToastText): void {
  waitingStore.setState([...waitingStore.getState(), toast], true);
}

/** Toasts that are not shown yet. */
export const useToasts = (): readonly ToastText[] => waitingStore();

/** Who takes them has to show them. */
export function takeToasts(): readonly ToastText[] {
  const taken = waitingStore.getState();
  if (taken.length > 0) waitingStore.setState([], true);
  return taken;
}

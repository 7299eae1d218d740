import { useState } from 'react';
import { later } from '../lib/later.tsx';
import { useToasts } from './toast.ts';

const ToastStack = later(async () => (await import('./toast-stack.tsx')).ToastStack);

/** Where toasts appear. Once, around the pages; what shows them is loaded with the first one. */
export function ToastHost() {
  const isAny = useToasts().length > 0;
  const [wasAny, setWasAny] = useState(false);
  if (isAny && !wasAny) setWasAny(true);
  return (isAny || wasAny) && <ToastStack />;
}

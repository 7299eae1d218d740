import type { ReactNode } from 'react';
import type { Answer } from './answers.ts';

/** One component in one state. */
export interface Entry {
  name: string;
  content: ReactNode;
  /** What the core has answered; everything else is still loading. */
  answers?: readonly Answer[];
}

/** Entries that are looked at together, on a page of their own. */
export interface Group {
  id: string;
  name: string;
  entries: readonly Entry[];
}

export function entry(name: string, content: ReactNode, ...answers: readonly Answer[]): Entry {
  return { name, content, answers };
}

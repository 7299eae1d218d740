import type { Effort } from './conversation.ts';

/** Reasoning efforts as numbers of tokens, for models that are told a budget. */
const budgets: Readonly<Record<Exclude<Effort, 'none' | 'minimal'>, number>> = {
  low: 2_048,
  medium: 8_192,
  high: 16_384,
  xhigh: 24_576,
  max: 24_576,
};
const smallestBudgets: readonly (readonly [number, Effort])[] = [
  [20_000, 'xhigh'],
  [12_000, 'high'],
  [4_000, 'medium'],
  [0, 'low'],
];

export function budgetOf(effort: Exclude<Effort, 'none' | 'minimal'>): number {
  return budgets[effort];
}

export function effortOfBudget(budgetTokens: number): Effort {
  return smallestBudgets.find(([least]) => budgetTokens >= least)?.[1] ?? 'low';
}

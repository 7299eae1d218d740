import type { JsonObject } from '../../dialects/json-value.ts';
import type { Effort } from '../conversation.ts';
import { limitsOf, nearestEffort } from '../model-limits.ts';

/** Thinking budgets of older models, in tokens. */
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

/** Older models do not think at all. */
const thinksSince = 3.7;
/** Since this version a model decides itself how long it thinks; a request only sets the effort. */
const adaptiveSince = 4.6;

/** The reasoning effort in the form that the model's generation understands; null leaves it to the model. */
export function writeThinking(
  model: string,
  effort: Effort | null,
  maxOutputTokens: number,
): { thinking: JsonObject; effort: string | null } | null {
  if (effort === null) return null;
  if (effort === 'none' || effort === 'minimal') return { thinking: { type: 'disabled' }, effort: null };
  if (versionOf(model) < thinksSince) return null;
  const { efforts } = limitsOf('anthropic-messages', model);
  if (versionOf(model) >= adaptiveSince)
    return { thinking: { type: 'adaptive' }, effort: efforts ? nearestEffort(effort, efforts) : effort };
  // The limit includes thinking.
  const budget = Math.min(budgets[effort], Math.floor(maxOutputTokens / 2));
  return budget < 1_024 ? null : { thinking: { type: 'enabled', budget_tokens: budget }, effort: null };
}

export function effortOfBudget(budgetTokens: number): Effort {
  return smallestBudgets.find(([least]) => budgetTokens >= least)?.[1] ?? 'low';
}

/** `claude-opus-4-6` is 4.6; a name without a version counts as new. */
function versionOf(model: string): number {
  const match = /claude-(?:[a-z]+-)?(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)/.exec(model);
  return match ? Number(`${match[1]}.${match[2] ?? 0}`) : Number.POSITIVE_INFINITY;
}

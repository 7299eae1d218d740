import type { JsonObject } from '../../dialects/json-value.ts';
import type { Effort } from '../conversation.ts';
import { limitsOf, nearestEffort } from '../model-limits.ts';
import { budgetOf } from '../thinking-budget.ts';

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
  const budget = Math.min(budgetOf(effort), Math.floor(maxOutputTokens / 2));
  return budget < 1_024 ? null : { thinking: { type: 'enabled', budget_tokens: budget }, effort: null };
}

/** `claude-opus-4-6` is 4.6; a name without a version counts as new. */
function versionOf(model: string): number {
  const match = /claude-(?:[a-z]+-)?(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)/.exec(model);
  return match ? Number(`${match[1]}.${match[2] ?? 0}`) : Number.POSITIVE_INFINITY;
}

import { asNumber, asObject, asText, type JsonObject } from '../../dialects/json-value.ts';
import { type Conversation, type Effort, asEffort } from '../conversation.ts';
import { limitsOf, nearestEffort } from '../model-limits.ts';
import type { Report } from '../report.ts';
import { budgetOf, effortOfBudget } from '../thinking-budget.ts';
import { memberOf } from './member.ts';

/** Since this version a model is told a level; before, a number of tokens. */
const levelsSince = 3;
/** The first version that thinks. */
const thinksSince = 2.5;

/** How long the model is to think: as a level, or as a budget where 0 is not at all and -1 as long as it likes. */
export function readThinking(value: unknown): Effort | null {
  const config = asObject(value);
  const level = asText(memberOf(config, 'thinkingLevel'))?.toLowerCase();
  if (level !== undefined) return asEffort(level);
  const budget = asNumber(memberOf(config, 'thinkingBudget'));
  if (budget === null || budget < 0) return null;
  return budget === 0 ? 'none' : effortOfBudget(budget);
}

/** Whether a request asks to see the model's thoughts. */
export function wantsThoughts(request: JsonObject): boolean {
  const config = asObject(memberOf(asObject(memberOf(request, 'generationConfig')), 'thinkingConfig'));
  return memberOf(config, 'includeThoughts') === true;
}

/** The reasoning effort in the form that the model's generation understands; null leaves it to the model. */
export function writeThinking({ model, effort }: Conversation, report: Report): JsonObject | null {
  const version = versionOf(model);
  if (effort === null) return null;
  if (version < thinksSince) {
    if (effort !== 'none') report.leaveOut('reasoning effort');
    return null;
  }
  if (version >= levelsSince) {
    const { efforts } = limitsOf('gemini', model);
    return {
      includeThoughts: effort !== 'none',
      thinkingLevel: nearestEffort(effort, efforts ?? ['low', 'high']).toUpperCase(),
    };
  }
  if (effort === 'none' || effort === 'minimal') {
    // This one cannot be told not to think; its smallest budget is this.
    return { includeThoughts: false, thinkingBudget: model.includes('2.5-pro') ? 128 : 0 };
  }
  return { includeThoughts: true, thinkingBudget: budgetOf(effort) };
}

/**
 * `gemini-2.5-pro` is 2.5; another model at this address is taken for one that does not think. A name without a number
 * is new.
 */
function versionOf(model: string): number {
  const match = /gemini-(?:(\d+)(?:[.-](\d)\b)?)?/.exec(model);
  if (!match) return 0;
  return match[1] === undefined ? Number.POSITIVE_INFINITY : Number(`${match[1]}.${match[2] ?? 0}`);
}

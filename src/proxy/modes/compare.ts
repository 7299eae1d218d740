import { usdText } from '#shared/money.ts';
import type { ModelAnswer } from './model-answer.ts';

/** One answer beside the others: its model, its text, its cost. */
export function comparedText(part: ModelAnswer): string {
  const cost = part.costNanoUsd === null ? 'cost not known' : `${usdText(part.costNanoUsd)} USD`;
  const facts = `_${cost} · ${(part.totalMs / 1000).toFixed(1)} s_`;
  return `## ${part.model}\n\n${part.text ?? `No answer: ${part.problem}`}\n\n${facts}\n\n`;
}

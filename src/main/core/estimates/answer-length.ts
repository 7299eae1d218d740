import type { Estimate } from '#shared/contract/estimates.ts';
import type { LocalKeyId } from '#shared/ids.ts';
import type { AnswerSize } from '../store/requests/answer-sizes.ts';

/** The key and the tool whose earlier answers say most about the next one. */
export interface Asker {
  localKeyId: LocalKeyId | null;
  tool: string | null;
}

/** With fewer answers, the 10th percentile says nothing. */
const fewestAnswers = 10;

/**
 * How long an answer may be: from those to the same key, else to the same tool, else to anyone who asked the model.
 * null: there are too few.
 */
export function answerLength(sizes: readonly AnswerSize[], { localKeyId, tool }: Asker): Estimate['output'] {
  const groups = [
    { from: 'key', own: sizes.filter((size) => localKeyId !== null && size.localKeyId === localKeyId) },
    { from: 'tool', own: sizes.filter((size) => tool !== null && size.tool === tool) },
    { from: 'model', own: sizes },
  ] as const;
  const known = groups.find(({ own }) => own.length >= fewestAnswers);
  if (!known) return null;
  const ordered = known.own.map(({ outputTokens }) => outputTokens).sort((a, b) => a - b);
  const at = (share: number): number => ordered[Math.max(0, Math.ceil(share * ordered.length) - 1)] ?? 0;
  return { low: at(0.1), median: at(0.5), high: at(0.9), requests: ordered.length, from: known.from };
}

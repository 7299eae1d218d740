import { asArray, asCount, asObject, asText, type JsonObject, parseJson } from '#shared/dialects/json-value.ts';
import { listed } from './blend.ts';
import type { ModelAnswer } from './model-answer.ts';

const instruction =
  'Several assistants answered the last message of the conversation above. Their answers follow. Score each from 0 to 10 for being right, ' +
  'complete and clear. Answer with JSON only: {"scores":[{"answer":1,"score":7,"reason":"one sentence"}],"winner":1}';

export interface Verdict {
  winner: ModelAnswer;
  scores: readonly { model: string; score: number; reason: string }[];
}

/** The prompt that asks the arbiter for scores. */
export function judgeQuestion(question: JsonObject, answers: readonly ModelAnswer[]): JsonObject {
  const { tools: _tools, response_format: _format, ...rest } = question;
  return {
    ...rest,
    messages: [...asArray(question['messages']), { role: 'user', content: `${instruction}\n\n${listed(answers)}` }],
  };
}

/** The arbiter's verdict; null when it cannot be read. */
export function readVerdict(text: string, answers: readonly ModelAnswer[]): Verdict | null {
  const json = asObject(parseJson(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1)));
  const scores = asArray(json?.['scores']).flatMap((value) => {
    const score = asObject(value);
    const answer = answers[(asCount(score?.['answer']) ?? 0) - 1];
    const points = score?.['score'];
    return answer && typeof points === 'number' ? [{ answer, points, reason: asText(score?.['reason']) ?? '' }] : [];
  });
  const named = answers[(asCount(json?.['winner']) ?? 0) - 1];
  const winner = named ?? scores.toSorted((a, b) => b.points - a.points)[0]?.answer;
  if (!winner) return null;
  return {
    winner,
    scores: scores.map(({ answer, points, reason }) => ({ model: answer.model, score: points, reason })),
  };
}

/** The best answer, followed by the scores of the others. */
export function judgedText({ winner, scores }: Verdict): string {
  const lines = scores
    .toSorted((a, b) => b.score - a.score)
    .map(({ model, score, reason }) => `- **${model}** ${score}/10${reason === '' ? '' : `: ${reason}`}`);
  return `${winner.text}\n\n---\n${lines.join('\n')}\n`;
}

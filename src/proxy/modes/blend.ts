import { asArray, type JsonObject } from '#shared/dialects/json-value.ts';
import type { ModelAnswer } from './model-answer.ts';

const instruction =
  'Several assistants answered the last message of the conversation above. Their answers follow. Write the one best answer: keep what ' +
  'is right, settle where they disagree, leave out what is wrong or said twice. Answer the person; do not mention the assistants.';

/** The prompt that asks the arbiter to make one answer of several. */
export function blendQuestion(question: JsonObject, answers: readonly ModelAnswer[]): JsonObject {
  return {
    ...question,
    messages: [...asArray(question['messages']), { role: 'user', content: `${instruction}\n\n${listed(answers)}` }],
  };
}

/** Without names: the arbiter must judge an answer by its content, not by its model. */
export function listed(answers: readonly ModelAnswer[]): string {
  return answers.map(({ text }, index) => `<answer number="${index + 1}">\n${text}\n</answer>`).join('\n\n');
}

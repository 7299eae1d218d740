import type { Dialect } from '../../domain/dialect.ts';
import type { AnswerForm } from './answer-form.ts';
import { chatForm, completionsForm } from './chat-form.ts';
import { geminiForm } from './gemini-form.ts';
import { messagesForm } from './messages-form.ts';
import { responsesForm } from './responses-form.ts';

const forms: Readonly<Partial<Record<Dialect, AnswerForm>>> = {
  'openai-chat': chatForm,
  'openai-completions': completionsForm,
  'openai-responses': responsesForm,
  'anthropic-messages': messagesForm,
  gemini: geminiForm,
};

/** Both forms of a dialect's answers; null where answers have only one. */
export function answerForm(dialect: Dialect): AnswerForm | null {
  return forms[dialect] ?? null;
}

import type { Dialect } from '../domain/dialect.ts';
import type { ConversationDialect, Translation } from './translation.ts';

/** Every pair that can be translated. */
const translations: readonly Translation[] = [];

/** Where a client of a dialect is served best when nobody speaks its own: closest relative first. */
const nextBest: Readonly<Record<ConversationDialect, readonly ConversationDialect[]>> = {
  'openai-chat': ['openai-responses', 'anthropic-messages'],
  'openai-responses': ['openai-chat', 'anthropic-messages'],
  'anthropic-messages': ['openai-responses', 'openai-chat'],
};

/** The pair from a client's dialect to an upstream's; null where there is none. */
export function findTranslation(from: Dialect, to: Dialect): Translation | null {
  return translations.find((translation) => translation.from === from && translation.to === to) ?? null;
}

/** Which of the dialects an upstream speaks a call is best sent in; null when none can serve it. */
export function bestDialect(asked: Dialect, spoken: readonly Dialect[]): Dialect | null {
  if (spoken.includes(asked)) return asked;
  // Counting tokens is part of Messages: who speaks that counts; for anybody else the count is an estimate.
  const conversation = asked === 'anthropic-count-tokens' ? 'anthropic-messages' : asked;
  if (conversation !== asked && spoken.includes(conversation)) return asked;
  if (!isConversation(conversation)) return null;
  return nextBest[conversation].find((dialect) => spoken.includes(dialect) && findTranslation(conversation, dialect) !== null) ?? null;
}

function isConversation(dialect: Dialect): dialect is ConversationDialect {
  return Object.hasOwn(nextBest, dialect);
}

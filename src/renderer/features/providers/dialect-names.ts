import type { ConversationDialect } from '#shared/domain/dialect.ts';

/** What people call the formats. */
export const dialectNames: Readonly<Record<ConversationDialect, string>> = {
  'openai-chat': 'OpenAI chat',
  'openai-responses': 'OpenAI Responses',
  'anthropic-messages': 'Anthropic Messages',
};

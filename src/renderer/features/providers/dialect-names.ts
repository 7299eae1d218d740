import type { UpstreamDialect } from '#shared/domain/dialect.ts';

/** What people call the formats. */
export const dialectNames: Readonly<Record<UpstreamDialect, string>> = {
  'openai-chat': 'OpenAI chat',
  'openai-responses': 'OpenAI Responses',
  'anthropic-messages': 'Anthropic Messages',
  gemini: 'Gemini',
};

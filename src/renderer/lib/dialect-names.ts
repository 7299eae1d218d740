import type { Dialect } from '#shared/domain/dialect.ts';

/** What people call the formats. */
export const dialectNames: Readonly<Record<Dialect, string>> = {
  'openai-chat': 'OpenAI chat',
  'openai-completions': 'OpenAI completions',
  'openai-embeddings': 'OpenAI embeddings',
  'openai-responses': 'OpenAI Responses',
  'openai-passthrough': 'OpenAI, passed on unread',
  'anthropic-messages': 'Anthropic Messages',
  'anthropic-count-tokens': 'Anthropic token count',
  gemini: 'Gemini',
  'gemini-count-tokens': 'Gemini token count',
  'gemini-embeddings': 'Gemini embeddings',
  'ollama-chat': 'Ollama chat',
  'ollama-generate': 'Ollama generate',
  'ollama-embeddings': 'Ollama embeddings',
};

import type { Dialect } from '../domain/dialect.ts';
import { anthropicCountTokens, anthropicMessages } from './anthropic-messages.ts';
import type { DialectReader } from './dialect-reader.ts';
import { gemini, geminiCountTokens, geminiEmbeddings } from './gemini.ts';
import { ollamaChat, ollamaEmbeddings, ollamaGenerate } from './ollama.ts';
import { openaiChat, openaiCompletions } from './openai-chat.ts';
import { openaiEmbeddings } from './openai-embeddings.ts';
import { openaiPassthrough } from './openai-passthrough.ts';
import { openaiResponses } from './openai-responses.ts';

/** The one list of dialects and their readers. */
export const dialectReaders: Readonly<Record<Dialect, DialectReader>> = {
  'openai-chat': openaiChat,
  'openai-completions': openaiCompletions,
  'openai-embeddings': openaiEmbeddings,
  'openai-responses': openaiResponses,
  'openai-passthrough': openaiPassthrough,
  'anthropic-messages': anthropicMessages,
  'anthropic-count-tokens': anthropicCountTokens,
  gemini,
  'gemini-count-tokens': geminiCountTokens,
  'gemini-embeddings': geminiEmbeddings,
  'ollama-chat': ollamaChat,
  'ollama-generate': ollamaGenerate,
  'ollama-embeddings': ollamaEmbeddings,
};

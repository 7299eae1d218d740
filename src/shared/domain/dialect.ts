import { z } from 'zod';

/** The request and reply formats Corvus supports; one endpoint family each. */
const dialects = [
  'openai-chat',
  'openai-completions',
  'openai-embeddings',
  'openai-responses',
  /** Images, audio, moderations, files: not read, except for a model's name and usage. */
  'openai-passthrough',
  'anthropic-messages',
  'anthropic-count-tokens',
] as const;
export const dialectSchema = z.enum(dialects);
export type Dialect = z.infer<typeof dialectSchema>;

/** The dialects that hold a conversation and can be translated into each other. */
export const conversationDialectSchema = dialectSchema.extract(['openai-chat', 'openai-responses', 'anthropic-messages']);
export type ConversationDialect = z.infer<typeof conversationDialectSchema>;

/** The conversation dialect that accompanies a dialect: an upstream of the one answers the other at the same address. */
export function conversationOf(dialect: Dialect): ConversationDialect {
  switch (dialect) {
    case 'anthropic-count-tokens':
      return 'anthropic-messages';
    case 'openai-completions':
    case 'openai-embeddings':
    case 'openai-passthrough':
      return 'openai-chat';
    default:
      return dialect;
  }
}

/** The path of a dialect below an upstream's address. What passes through keeps its own path. */
export const endpointPaths: Readonly<Record<Exclude<Dialect, 'openai-passthrough'>, string>> = {
  'openai-chat': '/v1/chat/completions',
  'openai-completions': '/v1/completions',
  'openai-embeddings': '/v1/embeddings',
  'openai-responses': '/v1/responses',
  'anthropic-messages': '/v1/messages',
  'anthropic-count-tokens': '/v1/messages/count_tokens',
};

/** Who defined the dialect: decides the error envelope and the credential header. */
export const dialectFamilySchema = z.enum(['openai', 'anthropic']);
export type DialectFamily = z.infer<typeof dialectFamilySchema>;

export function familyOf(dialect: Dialect): DialectFamily {
  return dialect.startsWith('anthropic') ? 'anthropic' : 'openai';
}

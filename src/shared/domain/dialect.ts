import { z } from 'zod';

/** The request and reply formats Corvus speaks; one endpoint family each. */
const dialects = [
  'openai-chat',
  'openai-completions',
  'openai-embeddings',
  'openai-responses',
  /** Images, audio, moderations, files: not read, but for a model's name and usage. */
  'openai-passthrough',
  'anthropic-messages',
  'anthropic-count-tokens',
] as const;
export const dialectSchema = z.enum(dialects);
export type Dialect = z.infer<typeof dialectSchema>;

/** Where a dialect is spoken, below the address of whoever speaks it; what passes through keeps the path it came with. */
export const endpointPaths: Readonly<Record<Exclude<Dialect, 'openai-passthrough'>, string>> = {
  'openai-chat': '/v1/chat/completions',
  'openai-completions': '/v1/completions',
  'openai-embeddings': '/v1/embeddings',
  'openai-responses': '/v1/responses',
  'anthropic-messages': '/v1/messages',
  'anthropic-count-tokens': '/v1/messages/count_tokens',
};

/** Who defined the dialect: decides the error envelope, the credential header and which providers can serve it. */
export const dialectFamilySchema = z.enum(['openai', 'anthropic']);
export type DialectFamily = z.infer<typeof dialectFamilySchema>;

export function familyOf(dialect: Dialect): DialectFamily {
  return dialect.startsWith('anthropic') ? 'anthropic' : 'openai';
}

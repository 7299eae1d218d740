import { z } from 'zod';

/** The request and reply formats Corvus speaks; one endpoint family each. */
const dialects = [
  'openai-chat',
  'openai-completions',
  'openai-embeddings',
  'openai-responses',
  'anthropic-messages',
  'anthropic-count-tokens',
] as const;
export const dialectSchema = z.enum(dialects);
export type Dialect = z.infer<typeof dialectSchema>;

/** Who defined the dialect: decides the error envelope, the credential header and which providers can serve it. */
export const dialectFamilySchema = z.enum(['openai', 'anthropic']);
export type DialectFamily = z.infer<typeof dialectFamilySchema>;

export function familyOf(dialect: Dialect): DialectFamily {
  return dialect.startsWith('anthropic') ? 'anthropic' : 'openai';
}

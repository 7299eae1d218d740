import type { ConversationDialect, Dialect } from '#shared/domain/dialect.ts';

/** What is spoken at the address of each conversation dialect. */
const beside: Readonly<Record<ConversationDialect, readonly Dialect[]>> = {
  'openai-chat': ['openai-chat', 'openai-completions', 'openai-embeddings', 'openai-passthrough'],
  'openai-responses': ['openai-responses'],
  'anthropic-messages': ['anthropic-messages', 'anthropic-count-tokens'],
};

/** What a provider can be spoken to in. */
export function dialectsOf({ dialects }: { dialects: readonly ConversationDialect[] }): readonly Dialect[] {
  return dialects.flatMap((dialect) => beside[dialect]);
}

import type { Dialect, DialectFamily } from '#shared/domain/dialect.ts';

const spokenByFamily: Readonly<Record<DialectFamily, readonly Dialect[]>> = {
  openai: ['openai-chat', 'openai-completions', 'openai-embeddings', 'openai-responses', 'openai-passthrough'],
  anthropic: ['anthropic-messages', 'anthropic-count-tokens'],
};

/** What a provider can be spoken to in. */
export function dialectsOf({ dialectFamily }: { dialectFamily: DialectFamily }): readonly Dialect[] {
  return spokenByFamily[dialectFamily];
}

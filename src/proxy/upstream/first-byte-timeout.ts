import type { FirstByteTimeouts } from '#shared/domain/first-byte-timeouts.ts';
import { limitsOf } from '#shared/translate/model-limits.ts';

/**
 * How long a model may think before its stream begins, in milliseconds. @param isLocal it runs on a server of one's own
 */
export function firstByteTimeoutMs(
  { usual, reasoning, local }: FirstByteTimeouts,
  model: string,
  isLocal: boolean,
): number {
  const seconds = limitsOf('openai-chat', model).isReasoning ? reasoning : usual;
  return 1000 * (isLocal ? Math.max(local, seconds) : seconds);
}

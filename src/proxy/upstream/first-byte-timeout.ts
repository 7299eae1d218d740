import type { FirstByteTimeouts } from '#shared/domain/first-byte-timeouts.ts';
import { remembered } from '#shared/remembered.ts';
import { limitsOf } from '#shared/translate/model-limits.ts';

const mostModels = 1_000;
const isReasoning = remembered(mostModels, (model) => limitsOf('openai-chat', model).isReasoning);

/**
 * How long a model may think before its stream begins, in milliseconds. @param isLocal it runs on a server of one's own
 */
export function firstByteTimeoutMs(
  { usual, reasoning, local }: FirstByteTimeouts,
  model: string,
  isLocal: boolean,
): number {
  const seconds = isReasoning(model) ? reasoning : usual;
  return 1000 * (isLocal ? Math.max(local, seconds) : seconds);
}

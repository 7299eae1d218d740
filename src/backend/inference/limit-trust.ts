import type { Call, Outcome, Target } from '#proxy/call.ts';
import type { ModelPrice } from '#shared/domain/model-price.ts';
import { outputTokens } from '#shared/metering/usage.ts';
import type { LimitMember } from './features/request-features.ts';

/** What is known of upstreams keeping to the output limits of requests. Kept in memory: of this instance, since it started. */
export interface LimitTrust {
  /** Whether everybody who may be asked was seen to stop at a limit of this name. Until then the limit is not relied on. */
  isKept(model: ModelPrice, targets: readonly Target[], limit: LimitMember | null): boolean;
  learn(call: Call, model: ModelPrice, outcome: Outcome, limit: LimitMember | null): void;
}

/** How the dialects say that an answer stopped at its limit. */
const limitReasons: ReadonlySet<string> = new Set(['length', 'max_tokens', 'max_output_tokens']);

export function createLimitTrust(): LimitTrust {
  const kept = new Set<string>();
  const keyOf = (model: ModelPrice, credential: string, limit: LimitMember): string => `${model.slug} ${limit} ${credential}`;

  return {
    isKept: (model, targets, limit) =>
      targets.every(({ kind, name }) => kind === 'builtin' || (limit !== null && kept.has(keyOf(model, name, limit)))),
    learn({ facts }, model, { usage, usageSource, finishReason, attempts }, limit) {
      const credential = attempts.at(-1)?.provider;
      if (limit === null || facts.maxOutputTokens === null || credential === undefined || !usage || usageSource !== 'provider') return;
      const key = keyOf(model, credential, limit);
      if (outputTokens(usage) > facts.maxOutputTokens * facts.choices) kept.delete(key);
      else if (finishReason !== null && limitReasons.has(finishReason)) kept.add(key);
    },
  };
}

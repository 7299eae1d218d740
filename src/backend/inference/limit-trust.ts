import type { Call, Outcome, Target } from '#proxy/call.ts';
import type { ModelPrice } from '#shared/domain/model-price.ts';
import { outputTokens } from '#shared/metering/usage.ts';
import type { LimitMember } from './features/request-features.ts';

/** Which upstreams keep to the output limits of requests. Kept in memory, per instance, since its start. */
export interface LimitTrust {
  /**
   * Whether every target is known, or was seen, to stop at a limit of this name. Until then the limit is not relied on.
   */
  isKept(model: ModelPrice, targets: readonly Target[], limit: LimitMember | null): boolean;
  recordResult(call: Call, model: ModelPrice, outcome: Outcome, limit: LimitMember | null): void;
}

/** These providers document that they keep to the output limits of their own dialects, and do. */
const makersOfDialects =
  /^https:\/\/(api\.openai\.com|[\w-]+\.openai\.azure\.com|api\.anthropic\.com|generativelanguage\.googleapis\.com)$/;

/** How the dialects say that an answer stopped at its limit. */
const limitReasons: ReadonlySet<string> = new Set(['length', 'max_tokens', 'max_output_tokens']);

export function createLimitTrust(): LimitTrust {
  const stored = new Set<string>();
  const keyOf = (model: ModelPrice, credential: string, limit: LimitMember): string =>
    `${model.slug} ${limit} ${credential}`;

  return {
    isKept: (model, targets, limit) =>
      targets.every((target) => {
        if (target.kind === 'builtin') return true;
        return limit !== null && (makersOfDialects.test(target.origin) || stored.has(keyOf(model, target.name, limit)));
      }),
    recordResult({ facts }, model, { usage, usageSource, finishReason, attempts }, limit) {
      const credential = attempts.at(-1)?.provider;
      if (
        limit === null ||
        facts.maxOutputTokens === null ||
        credential === undefined ||
        !usage ||
        usageSource !== 'provider'
      )
        return;
      const key = keyOf(model, credential, limit);
      if (outputTokens(usage) > facts.maxOutputTokens * facts.choices) stored.delete(key);
      else if (finishReason !== null && limitReasons.has(finishReason)) stored.add(key);
    },
  };
}

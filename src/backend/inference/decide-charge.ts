import type { Call, Outcome } from '#proxy/call.ts';
import type { ModelPrice } from '#shared/domain/model-price.ts';
import { priceUsage, type UnitPrices } from '#shared/metering/price-usage.ts';
import { inputTokens, makeUsage, outputTokens, totalTokens, unitsOf, type Usage, type UsageSource } from '#shared/metering/usage.ts';
import { type NanoUsd, zeroUsd } from '#shared/money.ts';

export interface Charge {
  /** False: nothing is charged and the hold goes back whole. */
  isCharged: boolean;
  usage: Usage | null;
  usageSource: UsageSource;
  unitPrices: UnitPrices | null;
  cost: NanoUsd;
  /** What a request that is not charged cost the house, where that is known. */
  absorbed: NanoUsd;
}

/** No model reads more than this beside what the request itself carries (pictures by URL, built-in tools). */
const hiddenInputTokens = 2_000_000;
const mostOutputTokens = 1_000_000;

/**
 * What a call that ended is charged, by the rules of docs/billing.md: the upstream's own count where there is one;
 * an estimate where output was relayed without one; nothing where nothing was delivered.
 * @param relayedTokens output tokens counted while they were relayed
 */
export function decideCharge(call: Call, outcome: Outcome, model: ModelPrice, relayedTokens: number): Charge {
  const isError = outcome.status === 'refused' || outcome.status === 'failed';
  if (isError && totalTokens(outcome.usage ?? makeUsage({})) === 0) return release(null, 'missing', null, zeroUsd);
  const { usage, usageSource } = consumed(call, outcome, relayedTokens);
  if (!usage) return release(null, 'missing', null, zeroUsd);
  const { unitPrices, costNanoUsd } = priceUsage(usage, model);
  if (isError) return release(usage, usageSource, unitPrices, costNanoUsd);
  const isDelivered = outcome.status === 'completed' || outcome.hasRelayedOutput;
  if (!isDelivered && usageSource === 'estimated') return release(usage, usageSource, unitPrices, costNanoUsd);
  if (!isDelivered && totalTokens(usage) === 0) return release(null, 'missing', null, zeroUsd);
  return { isCharged: true, usage, usageSource, unitPrices, cost: costNanoUsd, absorbed: zeroUsd };
}

function release(usage: Usage | null, usageSource: UsageSource, unitPrices: UnitPrices | null, absorbed: NanoUsd): Charge {
  return { isCharged: false, usage, usageSource, unitPrices, cost: zeroUsd, absorbed };
}

function consumed(call: Call, outcome: Outcome, relayedTokens: number): { usage: Usage | null; usageSource: UsageSource } {
  if (call.dialect === 'anthropic-count-tokens') return { usage: makeUsage({}), usageSource: 'provider' };
  if (outcome.usage && isPlausible(outcome.usage, call)) return { usage: outcome.usage, usageSource: outcome.usageSource };
  if (!outcome.hasRelayedOutput) return { usage: null, usageSource: 'missing' };
  const relayed = Math.max(relayedTokens, outcome.outputTokenEstimate);
  const outputText = call.dialect === 'openai-embeddings' ? 0 : Math.min(relayed, mostOutputTokens);
  const { inputTokenEstimate: freshInput, serviceTier } = call.facts;
  return { usage: makeUsage({ freshInput, outputText, ...unitsOf({ serviceTier: serviceTier ?? null }) }), usageSource: 'estimated' };
}

/** A count that no request of this size can have caused is a broken upstream's, not the customer's. */
function isPlausible(usage: Usage, call: Call): boolean {
  const mostInput = call.body.length + hiddenInputTokens;
  return inputTokens(usage) <= mostInput && outputTokens(usage) <= mostOutputTokens * call.facts.choices;
}

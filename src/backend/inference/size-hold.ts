import type { Call, RequestFacts } from '#proxy/call.ts';
import type { ModelPrice } from '#shared/domain/model-price.ts';
import { costOfOutput } from '#shared/metering/output-cost.ts';
import { costAt, unitPricesFor } from '#shared/metering/price-usage.ts';
import { makeUsage } from '#shared/metering/usage.ts';
import { type NanoUsd, nanoUsd, parseUsd, zeroUsd } from '#shared/money.ts';
import type { HoldRequest } from '../ledger/decide-hold.ts';
import { inspectRequest } from './features/inspect-request.ts';
import {
  boundsOf,
  cachingOf,
  mostCostOf,
  pictureTokens,
  tokensPerSearch,
  windowOf,
} from './features/request-bounds.ts';
import type { RequestFeatures } from './features/request-features.ts';

export interface HoldSize extends HoldRequest {
  /** The most that the input is expected to cost. */
  inputCost: NanoUsd;
  /** Nano-dollars per million tokens of output, of all answers asked for together. */
  outputRate: bigint;
  /** The most that the request can cost in the end; beyond the hold it is the service's risk while it runs. */
  most: NanoUsd;
}

const leastOutputTokens = 16;
const unstreamedDefaultTokens = 4096;

/**
 * Sizes the first hold of a call: its input and a share of its output. A stream's hold grows while it is relayed, so
 * the share is small. The hold of an answer in one piece cannot grow, so it covers the output limit.
 * @param forecastTokens what recent answers of this model needed @param obeysLimit whether its upstream is known to
 * keep to the caller's output limit
 */
export function sizeHold(
  call: Call,
  model: ModelPrice,
  forecastTokens: number,
  features: RequestFeatures = inspectRequest(call),
  obeysLimit = true,
): HoldSize {
  const { facts, dialect } = call;
  if (dialect === 'anthropic-count-tokens') return freeOfCost;
  const bounds = boundsOf(call, model, features);
  // The upstream refuses to read more than this.
  const inputEstimate = Math.min(facts.inputTokenEstimate + unseenInput(model, features), windowOf(model));
  const prices = unitPricesFor(model, inputEstimate, dearestTier(facts, model));
  const { webSearches } = bounds;
  // Input that is to be cached costs more than plain input; only the request says so beforehand.
  const inputCost = costAt(makeUsage({ [cachingOf(call.body) ?? 'freshInput']: inputEstimate, webSearches }), prices);
  const rates = bounds.outputBuckets.map((bucket) => parseUsd(prices[bucket]) ?? 0n);
  const outputRate = rates.reduce((highest, rate) => (rate > highest ? rate : highest), 0n) * BigInt(facts.choices);
  const [wantedTokens, leastTokens] = outputShare(facts, model, forecastTokens);
  return {
    inputCost,
    outputRate,
    wanted: nanoUsd(inputCost + costOfOutput(wantedTokens, outputRate)),
    minimum: nanoUsd(inputCost + costOfOutput(leastTokens, outputRate)),
    most: mostCostOf(bounds, model, obeysLimit),
  };
}

const freeOfCost: HoldSize = { wanted: zeroUsd, minimum: zeroUsd, inputCost: zeroUsd, outputRate: 0n, most: zeroUsd };

/** Input that the upstream fetches itself: the bounds of docs/billing.md. */
function unseenInput(model: ModelPrice, { picturesByUrl, documentsByUrl, fetches, searches }: RequestFeatures): number {
  if (model.family === 'corvus') return 0;
  if (documentsByUrl + fetches > 0) return windowOf(model);
  return picturesByUrl * pictureTokens(model) + searches * tokensPerSearch;
}

/** How much output is held for at first. */
export function outputToHold({ facts }: Call, model: ModelPrice, forecastTokens: number): number {
  const [wanted] = outputShare(facts, model, forecastTokens);
  return wanted;
}

/** What a call counts as against a token limit until its usage is known. */
export function expectedTokensOf({ facts }: Call, forecastTokens: number): number {
  return facts.inputTokenEstimate + Math.min(facts.maxOutputTokens ?? Number.POSITIVE_INFINITY, forecastTokens);
}

/** How much output to hold for: the wanted amount, and the least to begin with. */
function outputShare(facts: RequestFacts, model: ModelPrice, forecastTokens: number): [wanted: number, least: number] {
  const limit = facts.maxOutputTokens ?? model.maxOutputTokens ?? Number.POSITIVE_INFINITY;
  if (facts.isStream) return [Math.min(limit, forecastTokens), Math.min(limit, leastOutputTokens)];
  // An answer in one piece cannot be cut short: all that its caller allows must be payable.
  if (facts.maxOutputTokens !== null) return [limit, limit];
  return [Math.min(limit, Math.max(unstreamedDefaultTokens, forecastTokens)), Math.min(limit, forecastTokens)];
}

/** The requested tier, where it costs more: a provider without capacity in it may still answer in the standard one. */
function dearestTier({ serviceTier }: RequestFacts, { prices, variants = [] }: ModelPrice): string | undefined {
  const asked = variants.find((variant) => variant.serviceTier === serviceTier);
  return asked && Number(asked.prices.output) > Number(prices.output) ? serviceTier : undefined;
}

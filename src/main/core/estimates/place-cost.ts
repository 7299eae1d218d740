import type { Estimate } from '#shared/contract/estimates.ts';
import { estimateCost } from '#shared/metering/estimate-cost.ts';
import { unitPricesFor } from '#shared/metering/price-usage.ts';
import { type NanoUsd, usdText, zeroUsd } from '#shared/money.ts';
import { chargeOf, fitInto, inputBucket, type Place, sizeCall } from '../envelopes/size-call.ts';
import type { EstimatedCall } from './read-estimated.ts';

/** A shorter beginning is kept by no maker that publishes its limit. */
const shortestPrefix = 1_024;

type Cost = Estimate['places'][number]['cost'];
type Expected = Pick<Estimate, 'input' | 'output'>;

/** What a call would cost at one place; null: its price there is not known. */
export function costAtPlace(place: Place, call: EstimatedCall, { input, output }: Expected): Cost {
  // At a place that is not set up, the price is the maker's.
  const hold = sizeCall(call, { ...place, lane: place.lane ?? 'byok' });
  if (hold.kind === 'free') return costOfSizes(() => zeroUsd, { output, cached: null, most: zeroUsd });
  const { price } = place;
  if (hold.kind === 'unpriced' || !price) return null;
  const { serviceTier, maxOutputTokens, choices } = call.facts;
  const bucket = inputBucket(call, unitPricesFor(price, input.tokens, serviceTier));
  const longest = maxOutputTokens === null ? Number.POSITIVE_INFINITY : maxOutputTokens * choices;
  const costOf = (cached: number, answer: number): NanoUsd => {
    const parts = { cacheRead: cached, [bucket]: input.tokens - cached };
    const tier = serviceTier === undefined ? {} : { serviceTier };
    const cost = estimateCost(price, { input: parts, output: Math.min(answer, longest), ...tier }) ?? zeroUsd;
    return chargeOf(cost, hold);
  };
  const cached = isCached(place, call, input.prefixTokens) ? input.prefixTokens : null;
  const fit = fitInto(null, hold);
  return costOfSizes(costOf, { output, cached, most: fit.kind === 'too-small' ? hold.inputCost : fit.amount });
}

function costOfSizes(
  costOf: (cached: number, answer: number) => NanoUsd,
  { output, cached, most }: { output: Estimate['output']; cached: number | null; most: NanoUsd },
): Cost {
  const rangeOf = (read: number) =>
    output && { low: usdText(costOf(read, output.low)), high: usdText(costOf(read, output.high)) };
  return {
    input: usdText(costOf(0, 0)),
    cachedInput: cached === null ? null : usdText(costOf(cached, 0)),
    cold: rangeOf(0),
    warm: cached === null ? null : rangeOf(cached),
    most: usdText(most),
  };
}

/** Only where a price says what reading from a cache costs. Anthropic's models are asked for their cache. */
function isCached({ price }: Place, { body }: EstimatedCall, prefixTokens: number): boolean {
  const isAsked = price?.family !== 'anthropic' || body.includes('"cache_control"');
  return price?.prices.cacheRead !== undefined && isAsked && prefixTokens >= shortestPrefix;
}

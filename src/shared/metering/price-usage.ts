import { z } from 'zod';
import type { ModelPrice } from '../domain/model-price.ts';
import { divideRoundingUp, type NanoUsd, nanoUsd, parseUsd, usdTextSchema } from '../money.ts';
import { inputTokens, type Usage, type UsageBucket, usageBuckets } from './usage.ts';

const TOKENS_PER_PRICE_UNIT = 1_000_000n;

/** The price of every bucket, decimal dollars per million tokens: what is frozen on a request when it is written. */
export const unitPricesSchema = z.record(z.enum(usageBuckets), usdTextSchema);
export type UnitPrices = Readonly<Record<UsageBucket, string>>;

/**
 * The unit prices one call of this size is charged at. A long-context tier applies to the whole call as soon as its
 * input is strictly above the tier's limit. A bucket without a price of its own costs what its parent costs:
 * every kind of input as input, every kind of output as output.
 */
export function unitPricesFor(model: Pick<ModelPrice, 'prices' | 'tiers'>, inputTokenCount: number): UnitPrices {
  const tier = [...(model.tiers ?? [])]
    .sort((a, b) => b.aboveInputTokens - a.aboveInputTokens)
    .find((candidate) => inputTokenCount > candidate.aboveInputTokens);
  const prices = { ...model.prices, ...tier?.prices };
  const write5m = prices.cacheWrite5m ?? prices.input;
  return {
    freshInput: prices.input,
    cacheRead: prices.cacheRead ?? prices.input,
    cacheWrite5m: write5m,
    cacheWrite1h: prices.cacheWrite1h ?? write5m,
    audioInput: prices.inputAudio ?? prices.input,
    imageInput: prices.inputImage ?? prices.input,
    outputText: prices.output,
    outputReasoning: prices.reasoning ?? prices.output,
    outputAudio: prices.outputAudio ?? prices.output,
  };
}

export interface PricedUsage {
  unitPrices: UnitPrices;
  costNanoUsd: NanoUsd;
}

/** The one function that turns usage into money: exact, rounded once, at the end, up to a whole nano-dollar. */
export function priceUsage(usage: Usage, model: ModelPrice): PricedUsage {
  const unitPrices = unitPricesFor(model, inputTokens(usage));
  return { unitPrices, costNanoUsd: costAt(usage, unitPrices) };
}

/** The cost of usage at frozen unit prices; what a receipt can be recomputed with. */
export function costAt(usage: Usage, unitPrices: UnitPrices): NanoUsd {
  let numerator = 0n;
  for (const bucket of usageBuckets) numerator += BigInt(usage[bucket]) * nanoPerMillion(unitPrices[bucket]);
  return nanoUsd(divideRoundingUp(numerator, TOKENS_PER_PRICE_UNIT));
}

function nanoPerMillion(price: string): bigint {
  const amount = parseUsd(price);
  if (amount === null || amount < 0n) throw new Error(`"${price}" is not a price`);
  return amount;
}

import { z } from 'zod';
import type { ModelPrice, TokenPrices } from '../domain/model-price.ts';
import { divideRoundingUp, type NanoUsd, nanoUsd, parseUsd } from '../money.ts';
import { usdTextSchema } from '../money-schemas.ts';
import { inputTokens, type Usage, type UsageBucket, type UsageUnit, usageBuckets } from './usage.ts';

const TOKENS_PER_PRICE_UNIT = 1_000_000n;

/**
 * The prices of a request, frozen on it: the price of every bucket in decimal dollars per million tokens, and its fees
 * in dollars each, as far as the model has any.
 */
export const unitPricesSchema = z.strictObject({
  freshInput: usdTextSchema,
  cacheRead: usdTextSchema,
  cacheWrite5m: usdTextSchema,
  cacheWrite1h: usdTextSchema,
  audioInput: usdTextSchema,
  imageInput: usdTextSchema,
  outputText: usdTextSchema,
  outputReasoning: usdTextSchema,
  outputAudio: usdTextSchema,
  requestFee: usdTextSchema.exactOptional(),
  webSearchFee: usdTextSchema.exactOptional(),
  imageFee: usdTextSchema.exactOptional(),
});
export type UnitPrices = Readonly<z.infer<typeof unitPricesSchema>>;

type Priced = Pick<ModelPrice, 'prices' | 'tiers' | 'variants' | 'fees'>;

/**
 * The unit prices of one call of this size and service tier. A long-context tier applies to the whole call as soon as
 * its input is strictly above the tier's limit; no service tier is known to have prices of its own for such calls. A
 * bucket without a price of its own costs as much as its parent: every kind of input as input, every kind of output as
 * output.
 */
export function unitPricesFor(model: Priced, inputTokenCount: number, serviceTier?: string): UnitPrices {
  const prices = pricesFor(model, inputTokenCount, serviceTier);
  const write5m = prices.cacheWrite5m ?? prices.input;
  const { request, webSearch, image } = model.fees ?? {};
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
    ...(request === undefined ? {} : { requestFee: request }),
    ...(webSearch === undefined ? {} : { webSearchFee: webSearch }),
    ...(image === undefined ? {} : { imageFee: image }),
  };
}

function pricesFor(
  { prices, tiers = [], variants = [] }: Priced,
  inputTokenCount: number,
  serviceTier?: string,
): TokenPrices {
  const tier = tiers
    .toSorted((a, b) => b.aboveInputTokens - a.aboveInputTokens)
    .find((candidate) => inputTokenCount > candidate.aboveInputTokens);
  if (tier) return { ...prices, ...tier.prices };
  return variants.find((variant) => variant.serviceTier === serviceTier)?.prices ?? prices;
}

export interface PricedUsage {
  unitPrices: UnitPrices;
  costNanoUsd: NanoUsd;
}

/** The one function that turns usage into money: exact, rounded once, at the end, up to a whole nano-dollar. */
export function priceUsage(usage: Usage, model: Priced): PricedUsage {
  const unitPrices = unitPricesFor(model, inputTokens(usage), usage.serviceTier);
  return { unitPrices, costNanoUsd: costAt(usage, unitPrices) };
}

/**
 * The cost of usage at frozen unit prices: recomputes a receipt. @param requests how many consumed it together; each
 * has the fee of a request
 */
export function costAt(usage: Usage, unitPrices: UnitPrices, requests = 1): NanoUsd {
  const exact = costLinesOf(usage, unitPrices, requests).reduce((sum, { cost }) => sum + cost, 0n);
  return nanoUsd(divideRoundingUp(exact, TOKENS_PER_PRICE_UNIT));
}

/**
 * What a prompt cache saved: what its tokens would have cost as fresh input, less what they cost. Below zero if writing
 * cost more than reading saved.
 */
export function cacheSavings(usage: Usage, unitPrices: UnitPrices): NanoUsd {
  const fresh = priceOf(unitPrices.freshInput);
  const exact = (['cacheRead', 'cacheWrite5m', 'cacheWrite1h'] as const).reduce(
    (sum, bucket) => sum + BigInt(usage[bucket]) * (fresh - priceOf(unitPrices[bucket])),
    0n,
  );
  return nanoUsd(exact / TOKENS_PER_PRICE_UNIT);
}

/** Everything with a price of its own: tokens of a bucket, the request as such, and countable extras. */
export type CostKind = UsageBucket | UsageUnit | 'requests';

export interface CostLine {
  kind: CostKind;
  count: number;
  /** Dollars per million tokens; dollars each for what is not tokens. */
  price: string;
  isPerMillion: boolean;
  /** Exact: in millionths of a nano-dollar. */
  cost: bigint;
}

/** A cost split up, so that a person can check it by hand. A request that consumed nothing has no fee. */
export function costLinesOf(usage: Usage, unitPrices: UnitPrices, requests = 1): CostLine[] {
  const tokens = usageBuckets.filter((bucket) => usage[bucket] > 0);
  const fees = [
    { kind: 'requests', count: tokens.length > 0 ? requests : 0, price: unitPrices.requestFee },
    { kind: 'webSearches', count: usage.webSearches ?? 0, price: unitPrices.webSearchFee },
    { kind: 'images', count: usage.images ?? 0, price: unitPrices.imageFee },
  ] as const;
  return [
    ...tokens.map((kind) => {
      const [count, price] = [usage[kind], unitPrices[kind]];
      return { kind, count, price, isPerMillion: true, cost: BigInt(count) * priceOf(price) };
    }),
    ...fees.flatMap(({ kind, count, price }) =>
      count > 0 && price !== undefined
        ? [{ kind, count, price, isPerMillion: false, cost: BigInt(count) * priceOf(price) * TOKENS_PER_PRICE_UNIT }]
        : [],
    ),
  ];
}

function priceOf(price: string): bigint {
  const amount = parseUsd(price);
  if (amount === null || amount < 0n) throw new Error(`"${price}" is not a price`);
  return amount;
}

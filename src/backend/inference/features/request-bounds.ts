import type { Call } from '#proxy/call.ts';
import type { ModelPrice } from '#shared/domain/model-price.ts';
import { CorvusError } from '#shared/errors.ts';
import { costAt, unitPricesFor, type UnitPrices } from '#shared/metering/price-usage.ts';
import { inputTokens, makeUsage, outputTokens, type Usage, type UsageBucket } from '#shared/metering/usage.ts';
import { nanoUsd, type NanoUsd, parseUsd } from '#shared/money.ts';
import { plainTiers } from './feature-table.ts';
import { refuseFeature } from './refuse-feature.ts';
import type { RequestFeatures } from './request-features.ts';

/**
 * The most that a request can consume of one model: the size of its hold, and the limit up to which an upstream's count
 * is believed.
 */
export interface RequestBounds {
  inputTokens: number;
  /** Of all answers together, within the caller's limit. */
  outputTokens: number;
  /** The same where the upstream ignores the caller's limit. */
  unlimitedOutputTokens: number;
  webSearches: number;
  /** The kinds of input that this request can have caused. */
  inputBuckets: readonly UsageBucket[];
  outputBuckets: readonly UsageBucket[];
  /** A service tier that may be charged; null: the model's own prices. */
  dearTier: string | null;
}

/** What an upstream adds to a conversation by itself, and its description of tools. */
const overheadTokens = 1_024;
const toolOverheadTokens = 4_096;
/** Where the catalogue does not give a model's context window. */
const unknownWindowTokens = 1_048_576;
/** The most that one image costs, from the providers' documentation of the largest ones. */
const tokensPerPicture = 12_000;
const tokensPerPictureAt: readonly [prefix: string, tokens: number][] = [['gpt-4o-mini', 50_000]];
/** How much one search is expected to add to the input. */
export const tokensPerSearch = 8_000;

export function windowOf({ contextTokens }: ModelPrice): number {
  return contextTokens ?? unknownWindowTokens;
}

export function pictureTokens({ slug }: Pick<ModelPrice, 'slug'>): number {
  return tokensPerPictureAt.find(([prefix]) => slug.startsWith(prefix))?.[1] ?? tokensPerPicture;
}

/** Throws `unsupported_parameter` for what this model has no price for. */
export function refuseUnpriced(
  { facts }: Call,
  model: ModelPrice,
  { searchParam, asksForAudio }: RequestFeatures,
): void {
  if (model.family === 'corvus') return;
  const unpriced = `${model.slug} has no price for it`;
  if (searchParam !== null && model.fees?.webSearch === undefined) refuseFeature(searchParam, unpriced);
  if (asksForAudio && model.prices.outputAudio === undefined) refuseFeature('modalities', unpriced);
  const { serviceTier } = facts;
  if (serviceTier === undefined || plainTiers.has(serviceTier)) return;
  if (!model.variants?.some((variant) => variant.serviceTier === serviceTier)) refuseFeature('service_tier', unpriced);
}

export function boundsOf(call: Call, model: ModelPrice, features: RequestFeatures): RequestBounds {
  const { facts, dialect } = call;
  const ownLimit =
    model.mode === 'embedding' || dialect === 'anthropic-count-tokens' ? 0 : (model.maxOutputTokens ?? windowOf(model));
  const runsNothing = model.family === 'corvus';
  return {
    inputTokens: mostInput(call, model, features),
    outputTokens: Math.min(facts.maxOutputTokens ?? ownLimit, ownLimit) * facts.choices,
    unlimitedOutputTokens: ownLimit * facts.choices,
    webSearches: runsNothing ? 0 : features.searches,
    inputBuckets: inputBucketsOf(call),
    outputBuckets: ['outputText', 'outputReasoning', ...(features.asksForAudio ? (['outputAudio'] as const) : [])],
    dearTier: facts.serviceTier ?? null,
  };
}

/** A token has at least one byte; more tokens can only come from what is not in the bytes. */
function mostInput({ body, facts, dialect }: Call, model: ModelPrice, features: RequestFeatures): number {
  const window = windowOf(model);
  const uses = features.searches + features.fetches;
  // Between two uses of a hosted tool the model reads everything again.
  if (uses > 0) return window * (uses + 1);
  if (features.documents + features.documentsByUrl > 0) return window;
  const said =
    body.length + features.pictures * pictureTokens(model) + (facts.hasTools ? toolOverheadTokens : overheadTokens);
  // Several texts may be sent at once, each as long as the model's context window.
  return dialect === 'openai-embeddings' || dialect === 'openai-completions' ? said : Math.min(window, said);
}

/** Only the request says whether input is audio, or is written to a cache for longer: that costs more. */
function inputBucketsOf({ body, dialect }: Call): UsageBucket[] {
  const cachesByRequest = dialect === 'anthropic-messages';
  const cached = cachingOf(body);
  return [
    'freshInput',
    'cacheRead',
    'imageInput',
    ...(cached !== null || !cachesByRequest ? (['cacheWrite5m'] as const) : []),
    ...(cached === 'cacheWrite1h' ? (['cacheWrite1h'] as const) : []),
    ...(body.includes('"input_audio"') ? (['audioInput'] as const) : []),
  ];
}

/** Names have no escapes, but values may. */
const anHour = [String.raw`"1h"`, String.raw`"\u0031h"`, String.raw`"1\u0068"`, String.raw`"\u0031\u0068"`];

/** The dearest kind of cache that a request may write; null: none that it asks for. */
export function cachingOf(body: Buffer): 'cacheWrite5m' | 'cacheWrite1h' | null {
  if (!body.includes('"cache_control"')) return null;
  return anHour.some((written) => body.includes(written)) ? 'cacheWrite1h' : 'cacheWrite5m';
}

const allInputBuckets = [
  'freshInput',
  'cacheRead',
  'cacheWrite5m',
  'cacheWrite1h',
  'audioInput',
  'imageInput',
] as const;

/** Whether this request can have caused the usage that an upstream reported. */
export function isWithin(usage: Usage, bounds: RequestBounds): boolean {
  return (
    inputTokens(usage) <= bounds.inputTokens &&
    outputTokens(usage) <= bounds.outputTokens &&
    (usage.webSearches ?? 0) <= bounds.webSearches &&
    (usage.images ?? 0) === 0 &&
    allInputBuckets.every((bucket) => usage[bucket] === 0 || bounds.inputBuckets.includes(bucket)) &&
    (usage.outputAudio === 0 || bounds.outputBuckets.includes('outputAudio'))
  );
}

/**
 * Whether it could have, if the upstream ignored the caller's limits: its count is then a loss. Beyond that it is
 * implausible.
 */
export function isPossible(usage: Usage, bounds: RequestBounds): boolean {
  return isWithin(usage, { ...bounds, outputTokens: bounds.unlimitedOutputTokens });
}

/** The same usage in a tier that may be charged: a dearer tier that was not asked for may not. */
export function inAllowedTier(usage: Usage, model: ModelPrice, { dearTier }: RequestBounds): Usage {
  const { serviceTier, ...standard } = usage;
  if (serviceTier === undefined || serviceTier === dearTier || !isDearer(model, serviceTier)) return usage;
  return standard;
}

function isDearer({ prices, variants = [] }: ModelPrice, tier: string): boolean {
  const variant = variants.find(({ serviceTier }) => serviceTier === tier);
  return (
    variant !== undefined &&
    (Number(variant.prices.output) > Number(prices.output) || Number(variant.prices.input) > Number(prices.input))
  );
}

/**
 * The most that a request can cost. @param obeysLimit whether its upstream is known to keep to the caller's output
 * limit
 */
export function mostCostOf(bounds: RequestBounds, model: ModelPrice, obeysLimit: boolean): NanoUsd {
  const output = obeysLimit ? bounds.outputTokens : bounds.unlimitedOutputTokens;
  const { webSearches } = bounds;
  const at = (serviceTier?: string): bigint => {
    const prices = unitPricesFor(model, bounds.inputTokens, serviceTier);
    const usage = {
      [dearest(prices, bounds.inputBuckets)]: bounds.inputTokens,
      [dearest(prices, bounds.outputBuckets)]: output,
      webSearches,
    };
    return costAt(makeUsage(usage), prices);
  };
  const [own, tier] = [at(), at(bounds.dearTier ?? undefined)];
  return nanoUsd(own > tier ? own : tier);
}

/** The bucket with the highest price per token. */
function dearest(prices: UnitPrices, buckets: readonly UsageBucket[]): UsageBucket {
  const priceOf = (bucket: UsageBucket): bigint => parseUsd(prices[bucket]) ?? 0n;
  const [first, ...others] = buckets;
  if (first === undefined) throw new CorvusError('internal_error');
  return others.reduce((most, bucket) => (priceOf(bucket) > priceOf(most) ? bucket : most), first);
}

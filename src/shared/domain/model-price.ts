import { z } from 'zod';
import { dialectSchema } from './dialect.ts';

/** Who made the model, or hosts it under a slug of its own: decides the credential pool and the slug prefix. */
export const modelFamilies = [
  'openai',
  'anthropic',
  'google',
  'zai',
  'moonshot',
  'minimax',
  'deepseek',
  'xai',
  'mistral',
  'corvus',
] as const;
export const modelFamilySchema = z.enum(modelFamilies);
export type ModelFamily = z.infer<typeof modelFamilySchema>;

/** What people call a family: who makes its models. */
export const familyNames: Readonly<Record<ModelFamily, string>> = {
  openai: 'OpenAI',
  anthropic: 'Anthropic',
  google: 'Google',
  zai: 'Z.ai',
  moonshot: 'Moonshot',
  minimax: 'MiniMax',
  deepseek: 'DeepSeek',
  xai: 'xAI',
  mistral: 'Mistral',
  corvus: 'Corvus',
};

/** Dollars per million tokens. Nine decimals are what money can hold exactly. */
const priceTextSchema = z
  .string()
  .regex(/^(0|[1-9]\d{0,11})(\.\d{1,9})?$/, 'must be a price such as "1.25", with at most 9 decimals');

/** An absent price is unknown, never zero: that bucket is then billed at the rate of its parent bucket. */
export const tokenPricesSchema = z.strictObject({
  input: priceTextSchema,
  output: priceTextSchema,
  /** Absent: billed as input. */
  cacheRead: priceTextSchema.exactOptional(),
  /** Also the price of a cache write without a lifetime. Absent: billed as input. */
  cacheWrite5m: priceTextSchema.exactOptional(),
  /** Absent: billed as `cacheWrite5m`. */
  cacheWrite1h: priceTextSchema.exactOptional(),
  /** Absent: billed as output. */
  reasoning: priceTextSchema.exactOptional(),
  inputAudio: priceTextSchema.exactOptional(),
  outputAudio: priceTextSchema.exactOptional(),
  inputImage: priceTextSchema.exactOptional(),
});
export type TokenPrices = z.infer<typeof tokenPricesSchema>;

/** Dollars each. An absent fee is unknown: nothing is charged for it. */
export const feesSchema = z.strictObject({
  /** Per request that consumes anything. */
  request: priceTextSchema.exactOptional(),
  webSearch: priceTextSchema.exactOptional(),
  image: priceTextSchema.exactOptional(),
});

/** The prices of an answer that the provider reports for this service tier. */
export const priceVariantSchema = z.strictObject({
  serviceTier: z.string().regex(/^[a-z][a-z0-9_-]{0,39}$/, 'must be a service tier such as "flex"'),
  prices: tokenPricesSchema,
});

/** With strictly more input tokens than the limit, the whole request is priced by this row. */
export const priceTierSchema = z.strictObject({
  aboveInputTokens: z.int().positive(),
  prices: tokenPricesSchema,
});
export type PriceTier = z.infer<typeof priceTierSchema>;

/** One model as it is sold: by whom, in which dialects, at what price. */
export const modelPriceSchema = z.strictObject({
  slug: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,199}$/, 'must be a model slug'),
  name: z.string().min(1).max(200),
  family: modelFamilySchema,
  /** The seller whose price this is; not necessarily a configured provider. */
  provider: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/),
  mode: z.enum(['chat', 'embedding']),
  dialects: z.array(dialectSchema.exclude(['anthropic-count-tokens', 'openai-passthrough'])).min(1),
  prices: tokenPricesSchema,
  tiers: z.array(priceTierSchema).min(1).refine(hasRisingLimits, 'limits must rise from tier to tier').exactOptional(),
  variants: z.array(priceVariantSchema).min(1).exactOptional(),
  fees: feesSchema.exactOptional(),
  contextTokens: z.int().positive().exactOptional(),
  maxOutputTokens: z.int().positive().exactOptional(),
  /** Whether the hosted service sells it by default. */
  prepaid: z.boolean(),
});
export type ModelPrice = z.infer<typeof modelPriceSchema>;

/** The price of a model, also of one that no known family made: the person's own lists have those. */
export const knownPriceSchema = modelPriceSchema.extend({ family: modelFamilySchema.nullable() });
export type KnownPrice = z.infer<typeof knownPriceSchema>;

/**
 * The price of a model where it is served; null: not known there. The account's built-in models have none at a provider
 * of the same name.
 */
export function priceAt(price: KnownPrice, isAccount: boolean): KnownPrice | null {
  return price.family === 'corvus' && !isAccount ? null : price;
}

/** Whether its tokens are free, however many there are. */
export function isFree({ prices, tiers = [], variants = [], fees = {} }: KnownPrice): boolean {
  const rows = [prices, fees, ...[...tiers, ...variants].map((row) => row.prices)];
  return rows.every((row) => Object.values(row).every((price) => Number(price) === 0));
}

/** All prices of one date. A request is frozen with the version that priced it. */
export const priceCatalogueSchema = z.strictObject({
  version: z.string().regex(/^\d{4}-\d{2}-\d{2}\.\d+$/, 'must be a date and a number such as "2026-11-20.1"'),
  currency: z.literal('USD'),
  unit: z.literal('USD per 1,000,000 tokens'),
  models: z.array(modelPriceSchema).min(1).check(rejectRepeatedSlugs),
});
export type PriceCatalogue = z.infer<typeof priceCatalogueSchema>;

function hasRisingLimits(tiers: readonly PriceTier[]): boolean {
  return tiers.every((tier, index) => tier.aboveInputTokens > (tiers[index - 1]?.aboveInputTokens ?? 0));
}

/** With slugs that differ only in case, a look-up that ignores case would be a guess. */
function rejectRepeatedSlugs(context: z.core.ParsePayload<ModelPrice[]>): void {
  const seen = new Set<string>();
  for (const [index, { slug }] of context.value.entries()) {
    const key = slug.toLowerCase();
    if (seen.has(key)) {
      context.issues.push({ code: 'custom', input: slug, path: [index, 'slug'], message: `"${slug}" is listed twice` });
    }
    seen.add(key);
  }
}

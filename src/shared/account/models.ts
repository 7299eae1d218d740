import { z } from 'zod';
import {
  feesSchema,
  modelPriceSchema,
  priceTierSchema,
  priceVariantSchema,
  tokenPricesSchema,
} from '../domain/model-price.ts';

const { dialects, family, mode } = modelPriceSchema.shape;

/** A model as it is sold: what OpenAI's clients read, plus prices and limits. */
export const modelSchema = z.object({
  id: z.string(),
  object: z.literal('model'),
  created: z.int(),
  owned_by: z.string(),
  name: z.string(),
  family,
  mode,
  dialects,
  pricing: tokenPricesSchema.extend({
    currency: z.literal('USD'),
    unit: z.literal('per million tokens'),
    catalogue_version: z.string(),
    tiers: z.array(priceTierSchema),
    /** Prices of other service tiers. */
    variants: z.array(priceVariantSchema),
    /** Dollars each. */
    fees: feesSchema,
  }),
  context_tokens: z.int().nullable(),
  max_output_tokens: z.int().nullable(),
  /** Its tokens cost nothing. */
  is_free: z.boolean(),
  lanes: z.object({ prepaid: z.boolean() }),
});

/** GET /v1/models */
export const modelListSchema = z.object({ object: z.literal('list'), data: z.array(modelSchema) });

/** A model as Anthropic's clients read it. */
export const anthropicModelSchema = z.object({
  type: z.literal('model'),
  id: z.string(),
  display_name: z.string(),
  created_at: z.iso.datetime(),
  max_input_tokens: z.int().nullable(),
  max_tokens: z.int().nullable(),
  capabilities: z.null(),
  lifecycle: z.literal('active'),
  line: z.null(),
  deprecated_at: z.null(),
  retires_at: z.null(),
});

export const anthropicModelListSchema = z.object({
  data: z.array(anthropicModelSchema),
  has_more: z.boolean(),
  first_id: z.string().nullable(),
  last_id: z.string().nullable(),
});

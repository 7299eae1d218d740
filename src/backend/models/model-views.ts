import type { z } from 'zod';
import type { anthropicModelSchema, modelListSchema, modelSchema } from '#shared/account/models.ts';
import { isFree, type ModelPrice } from '#shared/domain/model-price.ts';
import type { ModelRouteDeps } from './model-route-deps.ts';

/** Model lists need a creation date, and the catalogue has none: it knows prices, not histories. */
const unknownCreated = 0;

function sold({ prices, pools }: ModelRouteDeps): ModelPrice[] {
  return prices.list().filter((model) => model.prepaid && pools.serves(model.family));
}

function openAiModel(model: ModelPrice, { prices }: ModelRouteDeps): z.input<typeof modelSchema> {
  return {
    id: model.slug,
    object: 'model',
    created: unknownCreated,
    owned_by: model.family,
    name: model.name,
    family: model.family,
    mode: model.mode,
    dialects: model.dialects,
    pricing: {
      currency: 'USD',
      unit: 'per million tokens',
      catalogue_version: prices.version,
      ...model.prices,
      tiers: model.tiers ?? [],
      variants: model.variants ?? [],
      fees: model.fees ?? {},
    },
    context_tokens: model.contextTokens ?? null,
    max_output_tokens: model.maxOutputTokens ?? null,
    is_free: isFree(model),
    lanes: { prepaid: model.prepaid },
  };
}

function anthropicModel(model: ModelPrice): z.input<typeof anthropicModelSchema> {
  return {
    type: 'model',
    id: model.slug,
    display_name: model.name,
    created_at: new Date(unknownCreated).toISOString(),
    max_input_tokens: model.contextTokens ?? null,
    max_tokens: model.maxOutputTokens ?? null,
    capabilities: null,
    lifecycle: 'active',
    line: null,
    deprecated_at: null,
    retires_at: null,
  };
}

/** How models look to callers of either family. */
export const modelViews = {
  find(deps: ModelRouteDeps, slug: string): ModelPrice | null {
    const model = deps.prices.find(slug);
    return model && model.prepaid && deps.pools.serves(model.family) ? model : null;
  },
  openAi: openAiModel,
  anthropic: anthropicModel,
  openAiList: (deps: ModelRouteDeps): z.input<typeof modelListSchema> => ({
    object: 'list',
    data: sold(deps).map((model) => openAiModel(model, deps)),
  }),
  anthropicList(deps: ModelRouteDeps) {
    const data = sold(deps)
      .filter((model) => model.dialects.includes('anthropic-messages'))
      .map(anthropicModel);
    return { data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
  },
};

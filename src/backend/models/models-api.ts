import { z } from 'zod';
import {
  anthropicModelListSchema,
  anthropicModelSchema,
  modelListSchema,
  modelSchema,
} from '#shared/account/models.ts';
import { isFree, type ModelPrice } from '#shared/domain/model-price.ts';
import { CorvusError } from '#shared/errors.ts';
import { keyEndpoint } from '../http/declare-endpoint.ts';
import type { HttpContext } from '../http/endpoint.ts';
import type { ModelRouteDeps } from './model-route-deps.ts';

export const listModels = keyEndpoint({
  method: 'get',
  path: '/v1/models',
  tag: 'Models',
  scope: 'inference',
  summary:
    "The models on sale, with prices: in OpenAI's shape, or in Anthropic's for calls that send `anthropic-version`.",
  reply: z.union([modelListSchema, anthropicModelListSchema]),
}).handle<ModelRouteDeps>(({ context, services }) =>
  context.req.header('anthropic-version') === undefined ? openAiList(services) : anthropicList(services),
);

export const listAnthropicModels = keyEndpoint({
  method: 'get',
  path: '/anthropic/v1/models',
  tag: 'Models',
  scope: 'inference',
  summary: "The models on sale that support Messages, in Anthropic's shape.",
  reply: anthropicModelListSchema,
}).handle<ModelRouteDeps>(({ services }) => anthropicList(services));

/** Slugs contain slashes, so the rest of the path is the slug. */
export const getModel = keyEndpoint({
  method: 'get',
  path: '/v1/models/:slug{.+}',
  tag: 'Models',
  scope: 'inference',
  summary: 'One model, in the shape of OpenAI, or of Anthropic for calls that send `anthropic-version`.',
  reply: z.union([modelSchema, anthropicModelSchema]),
  errors: ['model_not_found'],
}).handle<ModelRouteDeps>(({ context, services }) => {
  const model = find(context, services);
  return context.req.header('anthropic-version') === undefined ? openAiModel(model, services) : anthropicModel(model);
});

export const getAnthropicModel = keyEndpoint({
  method: 'get',
  path: '/anthropic/v1/models/:slug{.+}',
  tag: 'Models',
  scope: 'inference',
  summary: "One model, in Anthropic's shape.",
  reply: anthropicModelSchema,
  errors: ['model_not_found'],
}).handle<ModelRouteDeps>(({ context, services }) => anthropicModel(find(context, services)));

function find(context: HttpContext, { prices, pools }: ModelRouteDeps): ModelPrice {
  const slug = context.req.param('slug') ?? '';
  const model = prices.find(slug);
  if (model && model.prepaid && pools.serves(model.family)) return model;
  throw new CorvusError('model_not_found', `There is no model "${slug}" here. GET /v1/models lists them.`, {
    param: 'model',
  });
}

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

function openAiList(deps: ModelRouteDeps): z.input<typeof modelListSchema> {
  return { object: 'list', data: sold(deps).map((model) => openAiModel(model, deps)) };
}

function anthropicList(deps: ModelRouteDeps): z.input<typeof anthropicModelListSchema> {
  const data = sold(deps)
    .filter((model) => model.dialects.includes('anthropic-messages'))
    .map(anthropicModel);
  return { data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
}

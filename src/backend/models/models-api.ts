import { z } from 'zod';
import {
  anthropicModelListSchema,
  modelListSchema,
  anthropicModelSchema,
  modelSchema,
} from '#shared/account/models.ts';
import type { ModelPrice } from '#shared/domain/model-price.ts';
import { CorvusError } from '#shared/errors.ts';
import { modelViews } from './model-views.ts';
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
  context.req.header('anthropic-version') === undefined
    ? modelViews.openAiList(services)
    : modelViews.anthropicList(services),
);

export const listAnthropicModels = keyEndpoint({
  method: 'get',
  path: '/anthropic/v1/models',
  tag: 'Models',
  scope: 'inference',
  summary: "The models on sale that support Messages, in Anthropic's shape.",
  reply: anthropicModelListSchema,
}).handle<ModelRouteDeps>(({ services }) => modelViews.anthropicList(services));

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
  return context.req.header('anthropic-version') === undefined
    ? modelViews.openAi(model, services)
    : modelViews.anthropic(model);
});

export const getAnthropicModel = keyEndpoint({
  method: 'get',
  path: '/anthropic/v1/models/:slug{.+}',
  tag: 'Models',
  scope: 'inference',
  summary: "One model, in Anthropic's shape.",
  reply: anthropicModelSchema,
  errors: ['model_not_found'],
}).handle<ModelRouteDeps>(({ context, services }) => modelViews.anthropic(find(context, services)));

function find(context: HttpContext, services: ModelRouteDeps): ModelPrice {
  const slug = context.req.param('slug') ?? '';
  const model = modelViews.find(services, slug);
  if (!model)
    throw new CorvusError('model_not_found', `There is no model "${slug}" here. GET /v1/models lists them.`, {
      param: 'model',
    });
  return model;
}

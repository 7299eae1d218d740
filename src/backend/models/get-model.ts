import { z } from 'zod';
import { anthropicModelSchema, modelSchema } from '#shared/account/models.ts';
import type { ModelPrice } from '#shared/domain/model-price.ts';
import { CorvusError } from '#shared/errors.ts';
import { modelViews } from './model-views.ts';
import { keyEndpoint } from '../http/declare-endpoint.ts';
import type { HttpContext } from '../http/endpoint.ts';
import type { Services } from '../http/services.ts';

/** Slugs contain slashes, so the rest of the path is the slug. */
export const getModel = keyEndpoint({
  method: 'get',
  path: '/v1/models/:slug{.+}',
  tag: 'Models',
  scope: 'inference',
  summary: 'One model, in the shape of whoever asks.',
  reply: z.union([modelSchema, anthropicModelSchema]),
  errors: ['model_not_found'],
}).handle(({ context, services }) => {
  const model = find(context, services);
  return context.req.header('anthropic-version') === undefined ? modelViews.openAi(model, services) : modelViews.anthropic(model);
});

export const getAnthropicModel = keyEndpoint({
  method: 'get',
  path: '/anthropic/v1/models/:slug{.+}',
  tag: 'Models',
  scope: 'inference',
  summary: "One model, in Anthropic's shape.",
  reply: anthropicModelSchema,
  errors: ['model_not_found'],
}).handle(({ context, services }) => modelViews.anthropic(find(context, services)));

function find(context: HttpContext, services: Services): ModelPrice {
  const slug = context.req.param('slug') ?? '';
  const model = modelViews.find(services, slug);
  if (!model) throw new CorvusError('model_not_found', `There is no model "${slug}" here. GET /v1/models lists them.`, { param: 'model' });
  return model;
}

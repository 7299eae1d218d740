import { CorvusError } from '#shared/errors.ts';
import { modelViews } from '../model-views.ts';
import type { HttpContext, KeyEndpoint } from '../endpoint.ts';
import type { Services } from '../services.ts';

/** Slugs contain slashes, so the rest of the path is the slug. */
export const getModel: KeyEndpoint = {
  method: 'get',
  path: '/v1/models/:slug{.+}',
  access: 'key',
  handle: (context, services) => show(context, services, context.req.header('anthropic-version') !== undefined),
};

export const getAnthropicModel: KeyEndpoint = {
  method: 'get',
  path: '/anthropic/v1/models/:slug{.+}',
  access: 'key',
  handle: (context, services) => show(context, services, true),
};

function show(context: HttpContext, services: Services, isAnthropic: boolean): Response {
  const slug = context.req.param('slug') ?? '';
  const model = modelViews.find(services, slug);
  if (!model) throw new CorvusError('model_not_found', `There is no model "${slug}" here. GET /v1/models lists them.`, { param: 'model' });
  return context.json(isAnthropic ? modelViews.anthropic(model) : modelViews.openAi(model, services));
}

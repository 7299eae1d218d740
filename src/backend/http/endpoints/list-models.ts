import { modelViews } from '../model-views.ts';
import type { KeyEndpoint } from '../endpoint.ts';

/** In OpenAI's shape with prices beside it, or in Anthropic's for callers that speak it. */
export const listModels: KeyEndpoint = {
  method: 'get',
  path: '/v1/models',
  access: 'key',
  handle(context, services) {
    const isAnthropic = context.req.header('anthropic-version') !== undefined;
    return context.json(isAnthropic ? modelViews.anthropicList(services) : modelViews.openAiList(services));
  },
};

export const listAnthropicModels: KeyEndpoint = {
  method: 'get',
  path: '/anthropic/v1/models',
  access: 'key',
  handle: (context, services) => context.json(modelViews.anthropicList(services)),
};

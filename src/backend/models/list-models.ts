import { z } from 'zod';
import { anthropicModelListSchema, modelListSchema } from '#shared/account/models.ts';
import { modelViews } from './model-views.ts';
import { keyEndpoint } from '../http/declare-endpoint.ts';

export const listModels = keyEndpoint({
  method: 'get',
  path: '/v1/models',
  tag: 'Models',
  scope: 'inference',
  summary: "What is sold, with its prices: in OpenAI's shape, or in Anthropic's for calls that send `anthropic-version`.",
  reply: z.union([modelListSchema, anthropicModelListSchema]),
}).handle(({ context, services }) =>
  context.req.header('anthropic-version') === undefined ? modelViews.openAiList(services) : modelViews.anthropicList(services),
);

export const listAnthropicModels = keyEndpoint({
  method: 'get',
  path: '/anthropic/v1/models',
  tag: 'Models',
  scope: 'inference',
  summary: "What is sold and speaks Messages, in Anthropic's shape.",
  reply: anthropicModelListSchema,
}).handle(({ services }) => modelViews.anthropicList(services));

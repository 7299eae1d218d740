import type { ProviderAdapter } from '../adapter.ts';
import { modelIds } from '../model-ids.ts';

export const vercel: ProviderAdapter = {
  kind: 'vercel',
  name: 'Vercel AI Gateway',
  keyUrl: 'https://vercel.com/dashboard',
  environmentVariable: 'AI_GATEWAY_API_KEY',
  origin: 'https://ai-gateway.vercel.sh',
  isLocal: false,
  endpoints: { 'openai-chat': '/v1', 'anthropic-messages': '/v1', 'openai-responses': '/v1' },
  credential: 'bearer',
  modelsPath: '/v1/models',
  parseModels: modelIds,
  proofPath: '/v1/credits',
};

import type { ProviderAdapter } from '../adapter.ts';
import { modelIds } from '../model-ids.ts';

export const openRouter: ProviderAdapter = {
  kind: 'openrouter',
  name: 'OpenRouter',
  keyUrl: 'https://openrouter.ai/settings/keys',
  environmentVariable: 'OPENROUTER_API_KEY',
  origin: 'https://openrouter.ai',
  isLocal: false,
  endpoints: { 'openai-chat': '/api/v1', 'anthropic-messages': '/api/v1' },
  credential: 'bearer',
  modelsPath: '/api/v1/models',
  parseModels: modelIds,
  proofPath: '/api/v1/key',
};

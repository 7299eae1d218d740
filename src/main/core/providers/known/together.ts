import type { ProviderAdapter } from '../adapter.ts';
import { modelIds } from '../model-ids.ts';

export const together: ProviderAdapter = {
  kind: 'together',
  name: 'Together AI',
  keyUrl: 'https://api.together.ai/settings/api-keys',
  environmentVariable: 'TOGETHER_API_KEY',
  origin: 'https://api.together.ai',
  isLocal: false,
  endpoints: { 'openai-chat': '/v1' },
  credential: 'bearer',
  modelsPath: '/v1/models',
  parseModels: modelIds,
};

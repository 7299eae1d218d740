import type { ProviderAdapter } from '../adapter.ts';
import { modelIds } from '../model-ids.ts';

export const mistral: ProviderAdapter = {
  kind: 'mistral',
  name: 'Mistral',
  keyUrl: 'https://console.mistral.ai/api-keys',
  environmentVariable: 'MISTRAL_API_KEY',
  origin: 'https://api.mistral.ai',
  isLocal: false,
  endpoints: { 'openai-chat': '/v1' },
  credential: 'bearer',
  modelsPath: '/v1/models',
  parseModels: modelIds,
};

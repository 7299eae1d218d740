import type { ProviderAdapter } from '../adapter.ts';
import { modelIds } from '../model-ids.ts';

export const xai: ProviderAdapter = {
  kind: 'xai',
  name: 'xAI',
  keyUrl: 'https://console.x.ai/team/default/api-keys',
  environmentVariable: 'XAI_API_KEY',
  origin: 'https://api.x.ai',
  isLocal: false,
  endpoints: { 'openai-responses': '/v1', 'openai-chat': '/v1' },
  credential: 'bearer',
  modelsPath: '/v1/models',
  parseModels: modelIds,
};

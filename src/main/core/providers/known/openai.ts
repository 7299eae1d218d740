import type { ProviderAdapter } from '../adapter.ts';
import { modelIds } from '../model-ids.ts';

export const openAi: ProviderAdapter = {
  kind: 'openai',
  name: 'OpenAI',
  keyUrl: 'https://platform.openai.com/api-keys',
  environmentVariable: 'OPENAI_API_KEY',
  origin: 'https://api.openai.com',
  isLocal: false,
  endpoints: { 'openai-responses': '/v1', 'openai-chat': '/v1' },
  credential: 'bearer',
  modelsPath: '/v1/models',
  parseModels: modelIds,
};

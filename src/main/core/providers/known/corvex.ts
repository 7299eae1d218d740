import type { ProviderAdapter } from '../adapter.ts';
import { modelIds } from '../model-ids.ts';

export const corvex: ProviderAdapter = {
  kind: 'corvex',
  name: 'Corvex',
  keyUrl: 'https://app.corvex.ai/',
  environmentVariable: 'CORVEX_API_KEY',
  origin: 'https://api.corvex.ai',
  isLocal: false,
  endpoints: { 'openai-chat': '/v1', 'openai-responses': '/v1' },
  credential: 'bearer',
  modelsPath: '/v1/models',
  parseModels: modelIds,
};

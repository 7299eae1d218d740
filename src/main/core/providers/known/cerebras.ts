import type { ProviderAdapter } from '../adapter.ts';
import { modelIds } from '../model-ids.ts';

export const cerebras: ProviderAdapter = {
  kind: 'cerebras',
  name: 'Cerebras',
  keyUrl: 'https://cloud.cerebras.ai/',
  environmentVariable: 'CEREBRAS_API_KEY',
  origin: 'https://api.cerebras.ai',
  isLocal: false,
  endpoints: { 'openai-chat': '/v1' },
  credential: 'bearer',
  modelsPath: '/v1/models',
  parseModels: modelIds,
};

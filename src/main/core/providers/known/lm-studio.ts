import type { ProviderAdapter } from '../adapter.ts';
import { modelIds } from '../model-ids.ts';

export const lmStudio: ProviderAdapter = {
  kind: 'lm-studio',
  name: 'LM Studio',
  keyUrl: null,
  environmentVariable: null,
  origin: 'http://127.0.0.1:1234',
  isLocal: true,
  endpoints: { 'openai-chat': '/v1' },
  credential: 'bearer',
  modelsPath: '/v1/models',
  parseModels: modelIds,
};

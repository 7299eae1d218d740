import type { ProviderAdapter } from '../adapter.ts';
import { modelIds } from '../model-ids.ts';

export const openAiCompatible: ProviderAdapter = {
  family: 'openai',
  headers: (secret) => (secret === null ? {} : { authorization: `Bearer ${secret}` }),
  modelsPath: '/models',
  parseModels: modelIds,
};

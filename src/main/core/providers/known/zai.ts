import type { ProviderAdapter } from '../adapter.ts';
import { modelIds } from '../model-ids.ts';

export const zai: ProviderAdapter = {
  kind: 'zai',
  name: 'Z.AI',
  keyUrl: 'https://z.ai/manage-apikey/apikey-list',
  environmentVariable: 'ZHIPU_API_KEY',
  origin: 'https://api.z.ai',
  isLocal: false,
  endpoints: { 'openai-chat': '/api/paas/v4', 'anthropic-messages': '/api/anthropic/v1' },
  credential: 'bearer',
  modelsPath: '/api/paas/v4/models',
  parseModels: modelIds,
};

import type { ProviderAdapter } from '../adapter.ts';
import { modelIds } from '../model-ids.ts';

export const anthropic: ProviderAdapter = {
  kind: 'anthropic',
  name: 'Anthropic',
  keyUrl: 'https://console.anthropic.com/settings/keys',
  environmentVariable: 'ANTHROPIC_API_KEY',
  origin: 'https://api.anthropic.com',
  isLocal: false,
  endpoints: { 'anthropic-messages': '/v1' },
  credential: 'x-api-key',
  modelsPath: '/v1/models?limit=1000',
  parseModels: modelIds,
};

import type { ProviderAdapter } from '../adapter.ts';
import { modelIds } from '../model-ids.ts';

export const fireworks: ProviderAdapter = {
  kind: 'fireworks',
  name: 'Fireworks AI',
  keyUrl: 'https://app.fireworks.ai/settings/users/api-keys',
  environmentVariable: 'FIREWORKS_API_KEY',
  origin: 'https://api.fireworks.ai',
  isLocal: false,
  endpoints: { 'openai-chat': '/inference/v1', 'anthropic-messages': '/inference/v1' },
  credential: 'bearer',
  modelsPath: '/inference/v1/models',
  parseModels: modelIds,
};

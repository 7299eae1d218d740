import type { ProviderAdapter } from '../adapter.ts';
import { modelIds } from '../model-ids.ts';

export const deepSeek: ProviderAdapter = {
  kind: 'deepseek',
  name: 'DeepSeek',
  keyUrl: 'https://platform.deepseek.com/api_keys',
  environmentVariable: 'DEEPSEEK_API_KEY',
  origin: 'https://api.deepseek.com',
  isLocal: false,
  endpoints: { 'openai-chat': '/v1', 'anthropic-messages': '/anthropic/v1' },
  credential: 'bearer',
  modelsPath: '/models',
  parseModels: modelIds,
};

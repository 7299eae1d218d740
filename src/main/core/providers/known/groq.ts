import type { ProviderAdapter } from '../adapter.ts';
import { modelIds } from '../model-ids.ts';

export const groq: ProviderAdapter = {
  kind: 'groq',
  name: 'Groq',
  keyUrl: 'https://console.groq.com/keys',
  environmentVariable: 'GROQ_API_KEY',
  origin: 'https://api.groq.com',
  isLocal: false,
  endpoints: { 'openai-chat': '/openai/v1' },
  credential: 'bearer',
  modelsPath: '/openai/v1/models',
  parseModels: modelIds,
};

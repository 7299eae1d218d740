import type { ProviderAdapter } from '../adapter.ts';
import { modelIds } from '../model-ids.ts';

export const ollama: ProviderAdapter = {
  kind: 'ollama',
  name: 'Ollama',
  keyUrl: null,
  environmentVariable: null,
  origin: 'http://127.0.0.1:11434',
  isLocal: true,
  endpoints: { 'openai-chat': '/v1' },
  credential: 'bearer',
  modelsPath: '/v1/models',
  parseModels: modelIds,
  probe: { path: '/', isIt: ({ text }) => text.trim() === 'Ollama is running' },
};

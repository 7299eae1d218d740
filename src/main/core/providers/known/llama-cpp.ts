import type { ProviderAdapter } from '../adapter.ts';
import { modelIds } from '../model-ids.ts';

export const llamaCpp: ProviderAdapter = {
  kind: 'llama-cpp',
  name: 'llama.cpp',
  keyUrl: null,
  environmentVariable: null,
  origin: 'http://127.0.0.1:8080',
  isLocal: true,
  endpoints: { 'openai-chat': '/v1' },
  credential: 'bearer',
  modelsPath: '/v1/models',
  parseModels: modelIds,
  // Also while it loads a model, which it says with 503, and where it asks for a key.
  probe: { path: '/health', isIt: ({ server }) => server === 'llama.cpp' },
};

import type { ProviderAdapter } from '../adapter.ts';
import { modelIds } from '../model-ids.ts';

export const vllm: ProviderAdapter = {
  kind: 'vllm',
  name: 'vLLM',
  keyUrl: null,
  environmentVariable: null,
  origin: 'http://127.0.0.1:8000',
  isLocal: true,
  endpoints: { 'openai-chat': '/v1' },
  credential: 'bearer',
  modelsPath: '/v1/models',
  parseModels: modelIds,
};

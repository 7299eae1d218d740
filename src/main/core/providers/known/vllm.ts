import { asArray, asObject, parseJson } from '#shared/dialects/json-value.ts';
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
  probe: { path: '/v1/models', isIt: ({ status, text }) => status === 200 && isOwnList(parseJson(text)) },
};

function isOwnList(json: unknown): boolean {
  return asArray(asObject(json)?.['data']).some((model) => asObject(model)?.['owned_by'] === 'vllm');
}

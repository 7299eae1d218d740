import { asArray, asObject, parseJson } from '#shared/dialects/json-value.ts';
import type { ProviderAdapter } from '../adapter.ts';
import { modelIds } from '../model-ids.ts';

export const lmStudio: ProviderAdapter = {
  kind: 'lm-studio',
  name: 'LM Studio',
  keyUrl: null,
  environmentVariable: null,
  origin: 'http://127.0.0.1:1234',
  isLocal: true,
  endpoints: { 'openai-chat': '/v1' },
  credential: 'bearer',
  modelsPath: '/v1/models',
  parseModels: modelIds,
  probe: { path: '/api/v0/models', isIt: ({ status, text }) => status === 200 && isOwnList(parseJson(text)) },
};

/** Its own API's list says of each model whether it is loaded, which the OpenAI format has no word for. */
function isOwnList(json: unknown): boolean {
  const list = asObject(json);
  const models = list?.['data'];
  return list?.['object'] === 'list' && Array.isArray(models) && asArray(models).every((model) => asObject(model)?.['state'] !== undefined);
}

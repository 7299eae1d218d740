import { asCount, asObject, parseJson } from '#shared/dialects/json-value.ts';
import type { Fault, ProviderAdapter } from '../adapter.ts';
import { modelIds } from '../model-ids.ts';

/** MiniMax answers 200 to nearly everything and says beside it how it went. */
const faults: Readonly<Record<number, Fault>> = { 1002: 'rate-limit', 1004: 'wrong-key', 1008: 'no-credit', 2049: 'wrong-key' };

export const miniMax: ProviderAdapter = {
  kind: 'minimax',
  name: 'MiniMax',
  keyUrl: 'https://platform.minimax.io/user-center/basic-information/interface-key',
  environmentVariable: 'MINIMAX_API_KEY',
  origin: 'https://api.minimax.io',
  isLocal: false,
  endpoints: { 'openai-chat': '/v1', 'anthropic-messages': '/anthropic/v1' },
  credential: 'bearer',
  modelsPath: '/v1/models',
  parseModels: modelIds,
  faultOf(_status, text) {
    const code = asCount(asObject(asObject(parseJson(text))?.['base_resp'])?.['status_code']);
    return code === null ? null : (faults[code] ?? null);
  },
};

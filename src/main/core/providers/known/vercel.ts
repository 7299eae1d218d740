import { asObject } from '#shared/dialects/json-value.ts';
import type { ProviderAdapter } from '../adapter.ts';
import { readAmount, shownAmount } from '../balance-amount.ts';
import { modelIds } from '../model-ids.ts';

export const vercel: ProviderAdapter = {
  kind: 'vercel',
  name: 'Vercel AI Gateway',
  keyUrl: 'https://vercel.com/dashboard',
  environmentVariable: 'AI_GATEWAY_API_KEY',
  origin: 'https://ai-gateway.vercel.sh',
  isLocal: false,
  endpoints: { 'openai-chat': '/v1', 'anthropic-messages': '/v1', 'openai-responses': '/v1' },
  credential: 'bearer',
  modelsPath: '/v1/models',
  parseModels: modelIds,
  proofPath: '/v1/credits',
  balance: [{ path: '/v1/credits', read: (json) => shownAmount(readAmount(asObject(json)?.['balance']), 'USD') }],
};

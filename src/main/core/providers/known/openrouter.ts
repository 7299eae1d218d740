import { asObject } from '#shared/dialects/json-value.ts';
import type { ProviderAdapter } from '../adapter.ts';
import { difference, readAmount, shownAmount } from '../balance-amount.ts';
import { modelIds } from '../model-ids.ts';

export const openRouter: ProviderAdapter = {
  kind: 'openrouter',
  name: 'OpenRouter',
  keyUrl: 'https://openrouter.ai/settings/keys',
  environmentVariable: 'OPENROUTER_API_KEY',
  origin: 'https://openrouter.ai',
  isLocal: false,
  endpoints: { 'openai-chat': '/api/v1', 'anthropic-messages': '/api/v1' },
  credential: 'bearer',
  modelsPath: '/api/v1/models',
  parseModels: modelIds,
  proofPath: '/api/v1/key',
  balance: [
    {
      // Told to management keys, and to some others.
      path: '/api/v1/credits',
      read(json) {
        const data = asObject(asObject(json)?.['data']);
        return shownAmount(difference(readAmount(data?.['total_credits']), readAmount(data?.['total_usage'])), 'USD');
      },
    },
    // What is left of the limit that was set for this key; a key without one says null.
    { path: '/api/v1/key', read: (json) => shownAmount(readAmount(asObject(asObject(json)?.['data'])?.['limit_remaining']), 'USD') },
  ],
};

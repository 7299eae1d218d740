import { asObject } from '#shared/dialects/json-value.ts';
import type { ProviderAdapter } from '../adapter.ts';
import { readAmount, shownAmount } from '../balance-amount.ts';
import { modelIds } from '../model-ids.ts';

export const moonshot: ProviderAdapter = {
  kind: 'moonshot',
  name: 'Moonshot AI',
  keyUrl: 'https://platform.moonshot.ai/console/api-keys',
  environmentVariable: 'MOONSHOT_API_KEY',
  origin: 'https://api.moonshot.ai',
  isLocal: false,
  endpoints: { 'openai-chat': '/v1', 'anthropic-messages': '/anthropic/v1' },
  credential: 'bearer',
  modelsPath: '/v1/models',
  parseModels: modelIds,
  balance: [
    {
      path: '/v1/users/me/balance',
      read: (json, host) =>
        shownAmount(readAmount(asObject(asObject(json)?.['data'])?.['available_balance']), host.endsWith('.cn') ? 'CNY' : 'USD'),
    },
  ],
};

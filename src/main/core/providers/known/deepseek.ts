import { asArray, asObject, asText } from '#shared/dialects/json-value.ts';
import type { ProviderAdapter, ProviderAmount } from '../adapter.ts';
import { readAmount, shownAmount } from '../balance-amount.ts';
import { modelIds } from '../model-ids.ts';

export const deepSeek: ProviderAdapter = {
  kind: 'deepseek',
  name: 'DeepSeek',
  keyUrl: 'https://platform.deepseek.com/api_keys',
  environmentVariable: 'DEEPSEEK_API_KEY',
  origin: 'https://api.deepseek.com',
  isLocal: false,
  endpoints: { 'openai-chat': '/v1', 'anthropic-messages': '/anthropic/v1' },
  credential: 'bearer',
  modelsPath: '/models',
  parseModels: modelIds,
  balance: [{ path: '/user/balance', read: readBalances }],
};

/** One line for each currency that was ever paid in; the one that still holds something is shown. */
function readBalances(json: unknown): ProviderAmount | null {
  const amounts = asArray(asObject(json)?.['balance_infos']).map((line) => {
    const entry = asObject(line);
    const currency = asText(entry?.['currency']);
    return currency === null ? null : shownAmount(readAmount(entry?.['total_balance']), currency);
  });
  const known = amounts.filter((amount) => amount !== null);
  return known.find(({ amount }) => amount !== '0.00') ?? known[0] ?? null;
}

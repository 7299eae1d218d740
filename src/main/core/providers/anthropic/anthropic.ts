import type { ProviderAdapter } from '../adapter.ts';
import { modelIds } from '../model-ids.ts';

/** The only version there has been; required on every call. */
const defaultVersion = '2023-06-01';

export const anthropic: ProviderAdapter = {
  family: 'anthropic',
  headers: (secret, clientHeaders) => ({
    ...(secret === null ? {} : { 'x-api-key': secret }),
    ...(clientHeaders['anthropic-version'] === undefined ? { 'anthropic-version': defaultVersion } : {}),
  }),
  modelsPath: '/models?limit=1000',
  parseModels: modelIds,
};

import type { ProviderAdapter } from '../adapter.ts';
import { modelIds } from '../model-ids.ts';

export const azure: ProviderAdapter = {
  kind: 'azure',
  name: 'Azure OpenAI',
  keyUrl: 'https://portal.azure.com/',
  environmentVariable: 'AZURE_OPENAI_API_KEY',
  origin: null,
  isLocal: false,
  endpoints: { 'openai-responses': '/openai/v1', 'openai-chat': '/openai/v1' },
  credential: 'api-key',
  modelsPath: '/openai/v1/models',
  // Every model of the region, deployed or not.
  parseModels: modelIds,
  namesDeployments: true,
};

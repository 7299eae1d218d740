import type { ProviderAdapter } from '../adapter.ts';
import { modelIds } from '../model-ids.ts';

export const google: ProviderAdapter = {
  kind: 'google',
  name: 'Google Gemini',
  keyUrl: 'https://aistudio.google.com/apikey',
  environmentVariable: 'GEMINI_API_KEY',
  origin: 'https://generativelanguage.googleapis.com',
  isLocal: false,
  endpoints: { 'openai-chat': '/v1beta/openai' },
  credential: 'bearer',
  modelsPath: '/v1beta/openai/models',
  // The list says `models/gemini-…`; clients and prices say the name alone, which calls accept too.
  parseModels: (json) => modelIds(json)?.map((id) => id.replace(/^models\//, '')) ?? null,
};

import { asObject, asArray, asText, asCount, parseJson } from '#shared/dialects/json-value.ts';
import type { ProviderAdapter, ProviderAmount, Fault } from './adapter.ts';
import { modelIds } from './model-ids.ts';
import { difference, readAmount, shownAmount } from './balance-amount.ts';

/** Every kind of provider that Corvus knows, in the order in which they are offered. Any other endpoint is `custom`. */
export const knownProviders: readonly ProviderAdapter[] = [
  {
    kind: 'openai',
    name: 'OpenAI',
    keyUrl: 'https://platform.openai.com/api-keys',
    environmentVariable: 'OPENAI_API_KEY',
    keyPattern: /^sk-(proj|svcacct|admin)-|^sk-\w{20}T3BlbkFJ\w{20}$/,
    origin: 'https://api.openai.com',
    isLocal: false,
    endpoints: { 'openai-responses': '/v1', 'openai-chat': '/v1' },
    credential: 'bearer',
    modelsPath: '/v1/models',
    parseModels: modelIds,
  },
  {
    kind: 'anthropic',
    name: 'Anthropic',
    keyUrl: 'https://console.anthropic.com/settings/keys',
    environmentVariable: 'ANTHROPIC_API_KEY',
    keyPattern: /^sk-ant-/,
    origin: 'https://api.anthropic.com',
    isLocal: false,
    endpoints: { 'anthropic-messages': '/v1' },
    credential: 'x-api-key',
    modelsPath: '/v1/models?limit=1000',
    parseModels: modelIds,
  },
  {
    kind: 'google',
    name: 'Google Gemini',
    keyUrl: 'https://aistudio.google.com/apikey',
    environmentVariable: 'GEMINI_API_KEY',
    keyPattern: /^AIza[\w-]{35}$|^AQ\./,
    origin: 'https://generativelanguage.googleapis.com',
    isLocal: false,
    endpoints: { 'openai-chat': '/v1beta/openai', gemini: '/v1beta' },
    credential: 'bearer',
    modelsPath: '/v1beta/openai/models',
    // The list has `models/gemini-…`; clients and prices use the name alone, which calls accept too.
    parseModels: (json) => modelIds(json)?.map((id) => id.replace(/^models\//, '')) ?? null,
  },
  {
    kind: 'openrouter',
    name: 'OpenRouter',
    keyUrl: 'https://openrouter.ai/settings/keys',
    environmentVariable: 'OPENROUTER_API_KEY',
    keyPattern: /^sk-or-/,
    origin: 'https://openrouter.ai',
    isLocal: false,
    endpoints: { 'openai-chat': '/api/v1', 'anthropic-messages': '/api/v1' },
    credential: 'bearer',
    modelsPath: '/api/v1/models',
    parseModels: modelIds,
    proofPath: '/api/v1/key',
    balance: [
      {
        // Reported to management keys, and to some others.
        path: '/api/v1/credits',
        read(json) {
          const data = asObject(asObject(json)?.['data']);
          return shownAmount(difference(readAmount(data?.['total_credits']), readAmount(data?.['total_usage'])), 'USD');
        },
      },
      // The rest of this key's limit; a key without a limit has null.
      {
        path: '/api/v1/key',
        read: (json) => shownAmount(readAmount(asObject(asObject(json)?.['data'])?.['limit_remaining']), 'USD'),
      },
    ],
  },
  {
    kind: 'xai',
    name: 'xAI',
    keyUrl: 'https://console.x.ai/team/default/api-keys',
    environmentVariable: 'XAI_API_KEY',
    keyPattern: /^xai-/,
    origin: 'https://api.x.ai',
    isLocal: false,
    endpoints: { 'openai-responses': '/v1', 'openai-chat': '/v1' },
    credential: 'bearer',
    modelsPath: '/v1/models',
    parseModels: modelIds,
  },
  {
    kind: 'deepseek',
    name: 'DeepSeek',
    keyUrl: 'https://platform.deepseek.com/api_keys',
    environmentVariable: 'DEEPSEEK_API_KEY',
    keyPattern: /^sk-[0-9a-f]{32}$/,
    origin: 'https://api.deepseek.com',
    isLocal: false,
    endpoints: { 'openai-chat': '/v1', 'anthropic-messages': '/anthropic/v1' },
    credential: 'bearer',
    modelsPath: '/models',
    parseModels: modelIds,
    balance: [{ path: '/user/balance', read: readDeepSeekBalances }],
  },
  {
    kind: 'mistral',
    name: 'Mistral',
    keyUrl: 'https://console.mistral.ai/api-keys',
    environmentVariable: 'MISTRAL_API_KEY',
    keyPattern: /^[A-Za-z0-9]{32}$/,
    origin: 'https://api.mistral.ai',
    isLocal: false,
    endpoints: { 'openai-chat': '/v1' },
    credential: 'bearer',
    modelsPath: '/v1/models',
    parseModels: modelIds,
  },
  {
    kind: 'groq',
    name: 'Groq',
    keyUrl: 'https://console.groq.com/keys',
    environmentVariable: 'GROQ_API_KEY',
    keyPattern: /^gsk_/,
    origin: 'https://api.groq.com',
    isLocal: false,
    endpoints: { 'openai-chat': '/openai/v1' },
    credential: 'bearer',
    modelsPath: '/openai/v1/models',
    parseModels: modelIds,
  },
  {
    kind: 'together',
    name: 'Together AI',
    keyUrl: 'https://api.together.ai/settings/api-keys',
    environmentVariable: 'TOGETHER_API_KEY',
    keyPattern: /^tgp_v1_|^[0-9a-f]{64}$/,
    origin: 'https://api.together.ai',
    isLocal: false,
    endpoints: { 'openai-chat': '/v1' },
    credential: 'bearer',
    modelsPath: '/v1/models',
    parseModels: modelIds,
  },
  {
    kind: 'fireworks',
    name: 'Fireworks AI',
    keyUrl: 'https://app.fireworks.ai/settings/users/api-keys',
    environmentVariable: 'FIREWORKS_API_KEY',
    keyPattern: /^fw_/,
    origin: 'https://api.fireworks.ai',
    isLocal: false,
    endpoints: { 'openai-chat': '/inference/v1', 'anthropic-messages': '/inference/v1' },
    credential: 'bearer',
    modelsPath: '/inference/v1/models',
    parseModels: modelIds,
  },
  {
    kind: 'cerebras',
    name: 'Cerebras',
    keyUrl: 'https://cloud.cerebras.ai/',
    environmentVariable: 'CEREBRAS_API_KEY',
    keyPattern: /^csk-/,
    origin: 'https://api.cerebras.ai',
    isLocal: false,
    endpoints: { 'openai-chat': '/v1' },
    credential: 'bearer',
    modelsPath: '/v1/models',
    parseModels: modelIds,
  },
  {
    kind: 'zai',
    name: 'Z.AI',
    keyUrl: 'https://z.ai/manage-apikey/apikey-list',
    environmentVariable: 'ZHIPU_API_KEY',
    keyPattern: /^[0-9a-f]{32}\.\w{16}$/,
    origin: 'https://api.z.ai',
    isLocal: false,
    endpoints: { 'openai-chat': '/api/paas/v4', 'anthropic-messages': '/api/anthropic/v1' },
    credential: 'bearer',
    modelsPath: '/api/paas/v4/models',
    parseModels: modelIds,
  },
  {
    kind: 'moonshot',
    name: 'Moonshot AI',
    keyUrl: 'https://platform.moonshot.ai/console/api-keys',
    environmentVariable: 'MOONSHOT_API_KEY',
    keyPattern: /^sk-(?!\w*T3BlbkFJ)[A-Za-z0-9]{48}$/,
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
          shownAmount(
            readAmount(asObject(asObject(json)?.['data'])?.['available_balance']),
            host.endsWith('.cn') ? 'CNY' : 'USD',
          ),
      },
    ],
  },
  {
    kind: 'minimax',
    name: 'MiniMax',
    keyUrl: 'https://platform.minimax.io/user-center/basic-information/interface-key',
    environmentVariable: 'MINIMAX_API_KEY',
    keyPattern: /^sk-(api|cp)-|^eyJ[\w-]+\.[\w-]+\./,
    origin: 'https://api.minimax.io',
    isLocal: false,
    endpoints: { 'openai-chat': '/v1', 'anthropic-messages': '/anthropic/v1' },
    credential: 'bearer',
    modelsPath: '/v1/models',
    parseModels: modelIds,
    faultOf(_status, text) {
      const code = asCount(asObject(asObject(parseJson(text))?.['base_resp'])?.['status_code']);
      return code === null ? null : (miniMaxFaults[code] ?? null);
    },
  },
  {
    kind: 'corvex',
    name: 'Corvex',
    keyUrl: 'https://app.corvex.ai/',
    environmentVariable: 'CORVEX_API_KEY',
    origin: 'https://api.corvex.ai',
    isLocal: false,
    endpoints: { 'openai-chat': '/v1', 'openai-responses': '/v1' },
    credential: 'bearer',
    modelsPath: '/v1/models',
    parseModels: modelIds,
  },
  {
    kind: 'azure',
    name: 'Azure OpenAI',
    keyUrl: 'https://portal.azure.com/',
    environmentVariable: 'AZURE_OPENAI_API_KEY',
    keyPattern: /^[0-9a-f]{32}$|^[A-Za-z0-9]{84}$/,
    origin: null,
    isLocal: false,
    endpoints: { 'openai-responses': '/openai/v1', 'openai-chat': '/openai/v1' },
    credential: 'api-key',
    modelsPath: '/openai/v1/models',
    // Every model of the region, deployed or not.
    parseModels: modelIds,
    namesDeployments: true,
  },
  {
    kind: 'vercel',
    name: 'Vercel AI Gateway',
    keyUrl: 'https://vercel.com/dashboard',
    environmentVariable: 'AI_GATEWAY_API_KEY',
    keyPattern: /^vck_/,
    origin: 'https://ai-gateway.vercel.sh',
    isLocal: false,
    endpoints: { 'openai-chat': '/v1', 'anthropic-messages': '/v1', 'openai-responses': '/v1' },
    credential: 'bearer',
    modelsPath: '/v1/models',
    parseModels: modelIds,
    proofPath: '/v1/credits',
    balance: [{ path: '/v1/credits', read: (json) => shownAmount(readAmount(asObject(json)?.['balance']), 'USD') }],
  },
  {
    kind: 'ollama',
    name: 'Ollama',
    keyUrl: null,
    environmentVariable: null,
    origin: 'http://127.0.0.1:11434',
    isLocal: true,
    endpoints: { 'openai-chat': '/v1' },
    credential: 'bearer',
    modelsPath: '/v1/models',
    parseModels: modelIds,
    probe: { path: '/', isIt: ({ text }) => text.trim() === 'Ollama is running' },
  },
  {
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
    probe: { path: '/api/v0/models', isIt: ({ status, text }) => status === 200 && isLmStudioList(parseJson(text)) },
  },
  {
    kind: 'llama-cpp',
    name: 'llama.cpp',
    keyUrl: null,
    environmentVariable: null,
    origin: 'http://127.0.0.1:8080',
    isLocal: true,
    endpoints: { 'openai-chat': '/v1' },
    credential: 'bearer',
    modelsPath: '/v1/models',
    parseModels: modelIds,
    // Also while it loads a model, with status 503, and where it requires a key.
    probe: { path: '/health', isIt: ({ server }) => server === 'llama.cpp' },
  },
  {
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
    probe: { path: '/v1/models', isIt: ({ status, text }) => status === 200 && isVllmList(parseJson(text)) },
  },
];

const byKind: ReadonlyMap<string, ProviderAdapter> = new Map(knownProviders.map((adapter) => [adapter.kind, adapter]));

/** null: a custom provider, or a kind that only a newer program knows. */
export function adapterFor(kind: string): ProviderAdapter | null {
  return byKind.get(kind) ?? null;
}

/** One line per currency that was ever paid in; the one with money left is shown. */
function readDeepSeekBalances(json: unknown): ProviderAmount | null {
  const amounts = asArray(asObject(json)?.['balance_infos']).map((line) => {
    const entry = asObject(line);
    const currency = asText(entry?.['currency']);
    return currency === null ? null : shownAmount(readAmount(entry?.['total_balance']), currency);
  });
  const known = amounts.filter((amount) => amount !== null);
  return known.find(({ amount }) => amount !== '0.00') ?? known[0] ?? null;
}

/** MiniMax answers 200 to nearly everything and reports the result in the body. */
const miniMaxFaults: Readonly<Record<number, Fault>> = {
  1002: 'rate-limit',
  1004: 'wrong-key',
  1008: 'no-credit',
  2049: 'wrong-key',
};

/** The list of its own API shows whether a model is loaded, which the OpenAI format cannot express. */
function isLmStudioList(json: unknown): boolean {
  const list = asObject(json);
  const models = list?.['data'];
  return (
    list?.['object'] === 'list' &&
    Array.isArray(models) &&
    asArray(models).every((model) => asObject(model)?.['state'] !== undefined)
  );
}

function isVllmList(json: unknown): boolean {
  return asArray(asObject(json)?.['data']).some((model) => asObject(model)?.['owned_by'] === 'vllm');
}

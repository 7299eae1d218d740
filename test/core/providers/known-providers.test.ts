import { expect, test } from 'vitest';
import { adapterFor, knownProviders } from '#core/providers/known-providers.ts';
import { catalogue, placeOf } from '#core/providers/place.ts';
import { modelsRequest, targetFor } from '#core/providers/target.ts';
import { type UpstreamDialect, upstreamDialectSchema } from '#shared/domain/dialect.ts';
import { knownProviderSchema } from '#shared/domain/provider.ts';
import { providerIdSchema } from '#shared/ids.ts';
import { call } from './call.ts';

const id = providerIdSchema.parse('p');
const key = 'sk-its-key';

/** What a provider's own documentation says: where calls and its model list go, and which header carries the key. */
interface Documented {
  chat?: string;
  responses?: string;
  messages?: string;
  gemini?: string;
  models: string;
  header?: 'authorization' | 'x-api-key' | 'api-key';
  /** The address of a resource, where every user has an own one. */
  address?: string;
}

const documented: Readonly<Record<string, Documented>> = {
  openai: {
    chat: 'https://api.openai.com/v1/chat/completions',
    responses: 'https://api.openai.com/v1/responses',
    models: 'https://api.openai.com/v1/models',
  },
  anthropic: {
    messages: 'https://api.anthropic.com/v1/messages',
    models: 'https://api.anthropic.com/v1/models?limit=1000',
    header: 'x-api-key',
  },
  google: {
    chat: 'https://generativelanguage.googleapis.com/v1beta/openai/chat/completions',
    gemini: 'https://generativelanguage.googleapis.com/v1beta/models/some-model:streamGenerateContent?alt=sse',
    models: 'https://generativelanguage.googleapis.com/v1beta/openai/models',
  },
  openrouter: {
    chat: 'https://openrouter.ai/api/v1/chat/completions',
    messages: 'https://openrouter.ai/api/v1/messages',
    models: 'https://openrouter.ai/api/v1/models',
  },
  xai: {
    chat: 'https://api.x.ai/v1/chat/completions',
    responses: 'https://api.x.ai/v1/responses',
    models: 'https://api.x.ai/v1/models',
  },
  deepseek: {
    chat: 'https://api.deepseek.com/v1/chat/completions',
    messages: 'https://api.deepseek.com/anthropic/v1/messages',
    models: 'https://api.deepseek.com/models',
  },
  mistral: { chat: 'https://api.mistral.ai/v1/chat/completions', models: 'https://api.mistral.ai/v1/models' },
  groq: { chat: 'https://api.groq.com/openai/v1/chat/completions', models: 'https://api.groq.com/openai/v1/models' },
  together: { chat: 'https://api.together.ai/v1/chat/completions', models: 'https://api.together.ai/v1/models' },
  fireworks: {
    chat: 'https://api.fireworks.ai/inference/v1/chat/completions',
    messages: 'https://api.fireworks.ai/inference/v1/messages',
    models: 'https://api.fireworks.ai/inference/v1/models',
  },
  cerebras: { chat: 'https://api.cerebras.ai/v1/chat/completions', models: 'https://api.cerebras.ai/v1/models' },
  zai: {
    chat: 'https://api.z.ai/api/paas/v4/chat/completions',
    messages: 'https://api.z.ai/api/anthropic/v1/messages',
    models: 'https://api.z.ai/api/paas/v4/models',
  },
  moonshot: {
    chat: 'https://api.moonshot.ai/v1/chat/completions',
    messages: 'https://api.moonshot.ai/anthropic/v1/messages',
    models: 'https://api.moonshot.ai/v1/models',
  },
  minimax: {
    chat: 'https://api.minimax.io/v1/chat/completions',
    messages: 'https://api.minimax.io/anthropic/v1/messages',
    models: 'https://api.minimax.io/v1/models',
  },
  corvex: {
    chat: 'https://api.corvex.ai/v1/chat/completions',
    responses: 'https://api.corvex.ai/v1/responses',
    models: 'https://api.corvex.ai/v1/models',
  },
  azure: {
    address: 'https://resource.openai.azure.com/',
    chat: 'https://resource.openai.azure.com/openai/v1/chat/completions',
    responses: 'https://resource.openai.azure.com/openai/v1/responses',
    models: 'https://resource.openai.azure.com/openai/v1/models',
    header: 'api-key',
  },
  vercel: {
    chat: 'https://ai-gateway.vercel.sh/v1/chat/completions',
    responses: 'https://ai-gateway.vercel.sh/v1/responses',
    messages: 'https://ai-gateway.vercel.sh/v1/messages',
    models: 'https://ai-gateway.vercel.sh/v1/models',
  },
  ollama: { chat: 'http://127.0.0.1:11434/v1/chat/completions', models: 'http://127.0.0.1:11434/v1/models' },
  'lm-studio': { chat: 'http://127.0.0.1:1234/v1/chat/completions', models: 'http://127.0.0.1:1234/v1/models' },
  'llama-cpp': { chat: 'http://127.0.0.1:8080/v1/chat/completions', models: 'http://127.0.0.1:8080/v1/models' },
  vllm: { chat: 'http://127.0.0.1:8000/v1/chat/completions', models: 'http://127.0.0.1:8000/v1/models' },
};

const paths: Readonly<
  Record<UpstreamDialect, { name: 'chat' | 'responses' | 'messages' | 'gemini'; endpoint: string }>
> = {
  'openai-chat': { name: 'chat', endpoint: '/v1/chat/completions' },
  'openai-responses': { name: 'responses', endpoint: '/v1/responses' },
  'anthropic-messages': { name: 'messages', endpoint: '/v1/messages' },
  gemini: { name: 'gemini', endpoint: '/v1beta/models/{model}:generateContent' },
};

test('every provider is in the table once and is documented here', () => {
  expect(knownProviders.map(({ kind }) => kind).sort()).toEqual(Object.keys(documented).sort());
  for (const entry of catalogue()) {
    expect(knownProviderSchema.safeParse(entry), entry.kind).toMatchObject({ success: true });
    // As a browser writes it, for only exactly this link is let out of the app.
    if (entry.keyUrl !== null) expect(new URL(entry.keyUrl).href).toBe(entry.keyUrl);
    // A provider that bills requires a key and has a page where keys are made.
    expect(entry.keyUrl === null, entry.kind).toBe(entry.isLocal);
  }
});

test.each(Object.entries(documented))(
  '%s is called where its documentation says',
  (kind, { address = null, header = 'authorization', ...urls }) => {
    const provider = { id, ...placeOf({ kind, baseUrl: address, custom: null }) };
    for (const dialect of upstreamDialectSchema.options) {
      const { name, endpoint } = paths[dialect];
      expect(provider.dialects.includes(dialect), dialect).toBe(urls[name] !== undefined);
      if (urls[name] === undefined) continue;
      const target = targetFor(provider, key, call({ dialect, endpoint }), dialect, 'some-model');
      expect(target.origin + target.path).toBe(urls[name]);
      const wanted = dialect === 'gemini' ? 'x-goog-api-key' : header;
      expect(target.headers[wanted]).toBe(wanted === 'authorization' ? `Bearer ${key}` : key);
      expect(Object.values(target.headers).filter((value) => value.includes(key))).toHaveLength(1);
    }
    const models = modelsRequest(provider, key);
    expect([models.url, models.headers[header]]).toEqual([
      urls.models,
      header === 'authorization' ? `Bearer ${key}` : key,
    ]);
    expect(models.parse({ object: 'list', data: [{ id: 'a/b' }, { id: 'c' }] })).toEqual(['a/b', 'c']);
    expect(models.parse({ hello: 'world' })).toBeNull();
  },
);

test('model names are read as calls must send them', () => {
  expect(adapterFor('google')?.parseModels({ object: 'list', data: [{ id: 'models/gemini-2.5-flash' }] })).toEqual([
    'gemini-2.5-flash',
  ]);
  expect(adapterFor('together')?.parseModels([{ id: 'moonshotai/Kimi-K2', object: 'model' }])).toEqual([
    'moonshotai/Kimi-K2',
  ]);
});

test.each([
  ['deepseek', 'https://mirror.example', 'https://mirror.example'],
  ['moonshot', 'https://api.moonshot.cn/v1/', 'https://api.moonshot.cn'],
  ['openai', 'https://eu.api.openai.com/v1/chat/completions', 'https://eu.api.openai.com'],
  ['groq', 'https://api.groq.com/openai', 'https://api.groq.com'],
  ['ollama', 'http://192.168.1.5:11434/v1', 'http://192.168.1.5:11434'],
  ['azure', 'https://r.openai.azure.com?api-version=preview', 'https://r.openai.azure.com?api-version=preview'],
  // As the portal shows it: one deployment, and a version that the common path does not take.
  [
    'azure',
    'https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21',
    'https://r.openai.azure.com',
  ],
])('%s at %s is stored as %s', (kind, baseUrl, stored) => {
  expect(placeOf({ kind, baseUrl, custom: null }).baseUrl).toBe(stored);
});

test('an api-version is sent with every call', () => {
  const azure = {
    id,
    ...placeOf({ kind: 'azure', baseUrl: 'https://r.openai.azure.com?api-version=preview', custom: null }),
  };
  expect(targetFor(azure, key, call(), 'openai-chat', 'm').path).toBe(
    '/openai/v1/chat/completions?api-version=preview',
  );
  expect(modelsRequest(azure, key).url).toBe('https://r.openai.azure.com/openai/v1/models?api-version=preview');
});

test.each([
  [{ kind: 'azure', baseUrl: null, custom: null }, 'baseUrl'],
  [{ kind: 'openai', baseUrl: 'https://proxy.example/some/where', custom: null }, 'baseUrl'],
  [{ kind: 'unknown', baseUrl: 'https://a.example', custom: null }, 'kind'],
  [{ kind: 'custom', baseUrl: null, custom: { dialects: ['openai-chat' as const], isLocal: false } }, 'baseUrl'],
  [{ kind: 'custom', baseUrl: 'https://a.example', custom: null }, 'custom'],
])('%j is refused because of its %s', (input, param) => {
  expect(() => placeOf(input)).toThrow(expect.objectContaining({ code: 'bad_request', details: { param } }));
});

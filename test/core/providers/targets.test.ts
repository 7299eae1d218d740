import { expect, test } from 'vitest';
import { checkBaseUrl, readBaseUrl } from '#core/providers/base-url.ts';
import { modelsRequest, targetFor } from '#core/providers/target.ts';
import type { UpstreamDialect } from '#shared/domain/dialect.ts';
import { providerIdSchema } from '#shared/ids.ts';
import { call } from './call.ts';

const provider = (baseUrl: string, dialect: UpstreamDialect = 'openai-chat', isLocal = false) => ({
  id: providerIdSchema.parse('p'),
  kind: 'custom',
  dialects: [dialect],
  baseUrl,
  isLocal,
});

test.each([
  ['https://api.openai.com', '/v1'],
  ['https://api.openai.com/', '/v1'],
  ['https://api.openai.com/v1', '/v1'],
  ['https://api.openai.com/v1/', '/v1'],
  ['https://api.openai.com/v1/chat/completions', '/v1'],
  ['https://api.openai.com/v1/models', '/v1'],
  ['https://api.anthropic.com/v1/messages/', '/v1'],
  ['https://api.groq.com/openai', '/openai/v1'],
  ['https://api.z.ai/api/paas/v4', '/api/paas/v4'],
  ['https://generativelanguage.googleapis.com/v1beta/openai/', '/v1beta/openai'],
  ['http://localhost:11434', '/v1'],
])('%s is read as base %s', (baseUrl, path) => {
  expect(readBaseUrl(baseUrl, 'openai-chat')).toEqual({ origin: new URL(baseUrl).origin, path, query: '' });
});

test('an OpenAI-compatible provider gets a bearer key, and streams are asked for usage', () => {
  expect(targetFor(provider('https://api.openai.com/v1'), 'sk-1', call(), 'openai-chat', 'm')).toEqual({
    kind: 'http',
    name: 'p',
    origin: 'https://api.openai.com',
    path: '/v1/chat/completions',
    headers: { authorization: 'Bearer sk-1' },
    mayBePrivate: false,
    injectUsage: true,
  });
});

test('an Anthropic provider gets its own headers, and the version only when the client sent none', () => {
  const messages = { endpoint: '/v1/messages', dialect: 'anthropic-messages' } as const;
  const target = targetFor(
    provider('https://api.anthropic.com', 'anthropic-messages'),
    'sk-2',
    call(messages),
    'anthropic-messages',
    'm',
  );
  expect(target).toMatchObject({
    path: '/v1/messages',
    headers: { 'x-api-key': 'sk-2', 'anthropic-version': '2023-06-01' },
    injectUsage: false,
  });
  const newer = targetFor(
    provider('https://api.anthropic.com', 'anthropic-messages'),
    'sk-2',
    call({ ...messages, headers: { 'anthropic-version': '2030-01-01' } }),
    'anthropic-messages',
    'm',
  );
  expect(newer.headers).toEqual({ 'x-api-key': 'sk-2' });
});

test.each([
  ['https://generativelanguage.googleapis.com', '/v1beta/models/gemini-3.5-flash:streamGenerateContent?alt=sse'],
  ['https://gateway.example/google/v1', '/google/v1/models/gemini-3.5-flash:streamGenerateContent?alt=sse'],
])('at %s Gemini’s paths name the model, and the key has its own header', (baseUrl, path) => {
  const asked = call({ endpoint: '/v1beta/models/{model}:streamGenerateContent', dialect: 'gemini' });
  expect(targetFor(provider(baseUrl, 'gemini'), 'AIza-1', asked, 'gemini', 'gemini-3.5-flash')).toMatchObject({
    path,
    headers: { 'x-goog-api-key': 'AIza-1' },
    injectUsage: false,
  });
  const list = modelsRequest(provider(baseUrl, 'gemini'), 'AIza-1');
  expect(list.url).toMatch(/\/models\?pageSize=1000$/);
  expect(list.parse({ models: [{ name: 'models/gemini-3.5-flash' }] })).toEqual(['gemini-3.5-flash']);
});

test('a local server may be private and needs no key', () => {
  expect(
    targetFor(provider('http://192.168.1.5:1234', 'openai-chat', true), null, call(), 'openai-chat', 'm'),
  ).toMatchObject({
    headers: {},
    mayBePrivate: true,
  });
  expect(targetFor(provider('http://127.0.0.1:1234'), null, call(), 'openai-chat', 'm').mayBePrivate).toBe(true);
  expect(modelsRequest(provider('http://localhost:1/v1', 'anthropic-messages', true), null).url).toBe(
    'http://localhost:1/v1/models?limit=1000',
  );
});

test.each([
  ['ftp://a.example', false, 'bad_request'],
  ['https://user:pass@a.example', false, 'bad_request'],
  ['https://a.example/v1?key=1', false, 'bad_request'],
  ['https://a.example/v1?api-version=1&key=1', false, 'bad_request'],
  ['https://a.example/v1#part', false, 'bad_request'],
  ['http://a.example', false, 'bad_request'],
  ['https://169.254.169.254/v1', false, 'upstream_address_refused'],
  ['http://169.254.169.254', true, 'upstream_address_refused'],
  ['http://[fe80::1]', true, 'upstream_address_refused'],
  ['https://10.0.0.1', false, 'upstream_address_refused'],
  ['http://127.0.0.1:4477/v1', true, 'proxy_loop'],
  ['http://localhost:4477', true, 'proxy_loop'],
  ['http://localhost:11434/v1', true, 'proxy_loop'],
  ['http://[::1]:4477', false, 'proxy_loop'],
])('%s (local: %s) is refused as %s', (baseUrl, isLocal, code) => {
  expect(() =>
    checkBaseUrl(baseUrl, { isLocal, ownOrigins: ['http://127.0.0.1:11434', 'http://127.0.0.1:4477'] }),
  ).toThrow(expect.objectContaining({ code }));
});

test.each([
  ['https://api.openai.com/v1', false],
  ['http://127.0.0.1:9999', false],
  ['http://10.0.0.1:8000', true],
  ['http://localhost:11435', true],
  ['https://gateway.example/azure/v1?api-version=2024-10-21', false],
])('%s (local: %s) is accepted', (baseUrl, isLocal) => {
  expect(() =>
    checkBaseUrl(baseUrl, { isLocal, ownOrigins: ['http://127.0.0.1:11434', 'http://127.0.0.1:4477'] }),
  ).not.toThrow();
});

import { expect, test } from 'vitest';
import type { KnownProvider } from '#shared/domain/provider.ts';
import { freeProviderId } from '#shared/domain/recognise-key.ts';
import { emptyDraft, newProviderOf, problemsOf } from '../../../src/renderer/features/providers/new-provider.ts';

const openai: KnownProvider = {
  kind: 'openai',
  name: 'OpenAI',
  keyUrl: 'https://platform.openai.com/api-keys',
  environmentVariable: 'OPENAI_API_KEY',
  keyPattern: null,
  baseUrl: 'https://api.openai.com',
  isLocal: false,
  dialects: ['openai-chat', 'openai-responses'],
};
const azure: KnownProvider = { ...openai, kind: 'azure', baseUrl: null };
const ollama: KnownProvider = {
  ...openai,
  kind: 'ollama',
  keyUrl: null,
  baseUrl: 'http://127.0.0.1:11434',
  isLocal: true,
};

test('a second provider of a kind is called something else', () => {
  expect(freeProviderId('openai', [])).toBe('openai');
  expect(freeProviderId('openai', ['groq'])).toBe('openai');
  expect(freeProviderId('openai', ['openai', 'openai-2', 'openai-4'])).toBe('openai-3');
});

test('of a known provider only the key is asked', () => {
  const draft = emptyDraft(openai, []);
  expect(newProviderOf(draft, openai)).toBeNull();
  expect(problemsOf(draft, openai)).toEqual({ id: null, baseUrl: null, dialects: null, key: 'Enter the key.' });
  expect(newProviderOf({ ...draft, key: ' sk-1 ' }, openai)).toEqual({
    id: 'openai',
    kind: 'openai',
    baseUrl: null,
    custom: null,
    key: 'sk-1',
  });
});

test('a resource has an address of its own, a server here a usual one', () => {
  expect(problemsOf(emptyDraft(azure, []), azure)).toMatchObject({
    baseUrl: expect.any(String),
    key: expect.any(String),
  });
  const draft = { ...emptyDraft(azure, []), baseUrl: ' https://r.openai.azure.com ', key: 'k' };
  expect(newProviderOf(draft, azure)).toMatchObject({ baseUrl: 'https://r.openai.azure.com', custom: null });
  expect(newProviderOf(emptyDraft(ollama, ['ollama']), ollama)).toEqual({
    id: 'ollama-2',
    kind: 'ollama',
    baseUrl: 'http://127.0.0.1:11434',
    custom: null,
    key: null,
  });
});

test('any other place says its name, address and formats', () => {
  const draft = emptyDraft(null, []);
  expect(problemsOf({ ...draft, dialects: [] }, null)).toEqual({
    id: expect.any(String),
    baseUrl: expect.any(String),
    dialects: expect.any(String),
    key: null,
  });
  for (const baseUrl of ['api.example.com', 'ftp://api.example.com', '']) {
    expect(newProviderOf({ ...draft, id: 'mine', baseUrl }, null), baseUrl).toBeNull();
  }
  expect(newProviderOf({ ...draft, id: 'mine', baseUrl: 'https://api.example.com/v1' }, null)).toEqual({
    id: 'mine',
    kind: 'custom',
    baseUrl: 'https://api.example.com/v1',
    custom: { dialects: ['openai-chat'], isLocal: false },
    key: null,
  });
});

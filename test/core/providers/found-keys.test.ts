import { expect, test } from 'vitest';
import { findKeys, providerOfFound } from '#core/providers/found-keys.ts';
import { catalogue } from '#core/providers/place.ts';
import type { UserSpace } from '#core/ports.ts';
import { recogniseKey } from '#shared/domain/recognise-key.ts';

const profile = [
  '# export GROQ_API_KEY=gsk_commented_out_0123',
  'export GROQ_API_KEY="gsk_from_the_profile_01"',
  "export XAI_API_KEY='xai-from-the-profile-01' # mine",
  'MISTRAL_API_KEY=$(pass show mistral)',
  'export OPENAI_API_KEY=sk-proj-in-the-profile-0001',
].join('\n');

function depsOf(environment: Readonly<Record<string, string>>, inUse: readonly string[] = []) {
  const space: Pick<UserSpace, 'platform' | 'home' | 'environment' | 'read'> = {
    platform: 'linux',
    home: '/home/ann',
    environment,
    read: async (path) => (path === '/home/ann/.zshrc' ? { text: profile, linksTo: null, isReadOnly: false } : null),
  };
  return { space, takenIds: () => ['openai'], ownOrigins: () => ['http://127.0.0.1:4477'], secrets: async () => inUse };
}

const shown = async (environment: Readonly<Record<string, string>>, inUse?: readonly string[]) =>
  (await findKeys(depsOf(environment, inUse))).map(({ variable, where, baseUrl }) => [variable, where, baseUrl]);
const zshrc = '/home/ann/.zshrc';
const own = 'the environment of Corvus';

test('keys are found in the environment and in shell profiles, each once, and shown without themselves', async () => {
  expect(await shown({ OPENAI_API_KEY: 'sk-proj-in-the-profile-0001', HOME: '/home/ann' })).toEqual([
    ['OPENAI_API_KEY', own, null],
    ['XAI_API_KEY', zshrc, null],
    ['GROQ_API_KEY', zshrc, null],
  ]);
  expect(JSON.stringify(await findKeys(depsOf({})))).not.toContain('in-the-profile');
  expect(await shown({}, ['gsk_from_the_profile_01', 'sk-proj-in-the-profile-0001'])).toEqual([
    ['XAI_API_KEY', zshrc, null],
  ]);
});

test('a key beside another address goes there only, and what points to Corvus itself is left alone', async () => {
  const lab = { OPENAI_API_KEY: 'key-of-the-lab-01', OPENAI_BASE_URL: 'http://127.0.0.1:9999/v1' };
  const inUse = ['gsk_from_the_profile_01', 'xai-from-the-profile-01', 'sk-proj-in-the-profile-0001'];
  expect(await shown(lab, inUse)).toEqual([['OPENAI_API_KEY', own, 'http://127.0.0.1:9999/v1']]);
  expect(await providerOfFound({ variable: 'OPENAI_API_KEY', where: own }, depsOf(lab))).toEqual({
    id: 'openai-2',
    kind: 'custom',
    baseUrl: 'http://127.0.0.1:9999/v1',
    custom: { dialects: ['openai-chat'], isLocal: true },
    key: 'key-of-the-lab-01',
  });
  for (const environment of [
    { ...lab, OPENAI_BASE_URL: 'http://localhost:4477/v1' },
    { ...lab, OPENAI_BASE_URL: '$GATEWAY/v1' },
    { OPENAI_API_KEY: 'sk-local-0123456789abcdef' },
    { OPENAI_API_KEY: '' },
    { AZURE_OPENAI_API_KEY: '0123456789abcdef0123456789abcdef' },
  ]) {
    expect(await shown(environment, inUse), JSON.stringify(environment)).toEqual([]);
  }
  await expect(providerOfFound({ variable: 'HOME', where: own }, depsOf({ HOME: '/home/ann' }))).rejects.toMatchObject({
    code: 'not_found',
  });
});

test('a pasted key is recognised by its shape', () => {
  const kindsOf = (key: string) => {
    const recognised = recogniseKey(key, catalogue());
    return recognised.of === 'provider' ? recognised.kinds.map(({ kind }) => kind).join() : recognised.of;
  };
  const hex = '0123456789abcdef0123456789abcdef';
  const shapes: Readonly<Record<string, string>> = {
    '': 'nothing',
    'sk-corvus-abc': 'account',
    'sk-local-abc': 'this-machine',
    'sk-proj-abc': 'openai',
    [`sk-${'a'.repeat(20)}T3BlbkFJ${'b'.repeat(20)}`]: 'openai',
    [` sk-ant-api03-abc\n`]: 'anthropic',
    'sk-or-v1-abc': 'openrouter',
    [`AIza${'b'.repeat(35)}`]: 'google',
    'xai-abc': 'xai',
    gsk_abc: 'groq',
    fw_abc: 'fireworks',
    'csk-abc': 'cerebras',
    vck_abc: 'vercel',
    [`sk-${hex}`]: 'deepseek',
    [`sk-${'aB3'.repeat(16)}`]: 'moonshot',
    [`${hex}.${'a'.repeat(16)}`]: 'zai',
    [hex]: 'mistral,azure',
    'my-own-key': '',
  };
  for (const [key, kinds] of Object.entries(shapes)) expect(kindsOf(key), key).toBe(kinds);
});

import { expect, onTestFinished, test } from 'vitest';
import { newProviderSchema } from '#shared/domain/provider.ts';
import { type MockUpstream, startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { answerText } from '../../support/fakes/provider-answers.ts';
import { type RunningCore, startCore } from './start-core.ts';

const hello = [{ role: 'user' as const, content: 'Hello' }];
const providerKey = 'sk-of-the-provider-0123456789';

/** A provider of a known kind at the mock's address, and a local key bound to it. */
async function start(kind: string, query = ''): Promise<{ core: RunningCore; upstream: MockUpstream; key: string }> {
  const upstream = await startMockUpstream();
  onTestFinished(() => upstream.close());
  const core = await startCore();
  const input = { id: kind, kind, baseUrl: upstream.origin + query, custom: null, key: providerKey };
  await core.handlers['providers.add'](newProviderSchema.parse(input));
  return { core, upstream, key: await core.newKey(`provider:${kind}`) };
}

test('a provider with two dialects is called in each at its own address, without translation', async () => {
  const { core, upstream, key } = await start('deepseek');
  const chat = await core.openai(key).client.chat.completions.create({ model: 'deepseek-chat', messages: hello });
  expect(chat.choices[0]?.message.content).toBe(answerText);
  await core.anthropic(key).client.messages.create({ model: 'deepseek-chat', max_tokens: 9, messages: hello });
  expect(upstream.received.map(({ path, headers }) => [path, headers.authorization, headers['x-api-key']])).toEqual([
    ['/v1/chat/completions', `Bearer ${providerKey}`, undefined],
    ['/anthropic/v1/messages', `Bearer ${providerKey}`, undefined],
  ]);
  expect(await core.newest()).toMatchObject({ lane: 'byok', provider: 'deepseek', status: 'completed' });
});

test('a provider with one dialect is called in that one, at its address', async () => {
  const { core, upstream, key } = await start('groq');
  const reply = await core
    .anthropic(key)
    .client.messages.create({ model: 'llama-3.3-70b', max_tokens: 9, messages: hello });
  expect(reply.content).toMatchObject([{ type: 'text', text: answerText }]);
  expect(upstream.received).toMatchObject([
    { path: '/openai/v1/chat/completions', headers: { authorization: `Bearer ${providerKey}` } },
  ]);
});

test('Azure gets its own header, and the api-version with every call', async () => {
  const { core, upstream, key } = await start('azure', '?api-version=preview');
  await core.openai(key).client.chat.completions.create({ model: 'my-deployment', messages: hello });
  expect(upstream.received).toMatchObject([
    { path: '/openai/v1/chat/completions?api-version=preview', headers: { 'api-key': providerKey } },
  ]);
  expect(upstream.received[0]?.headers.authorization).toBeUndefined();
});

test('a server of a known kind on this machine costs nothing', async () => {
  const { core, key } = await start('ollama');
  await core.openai(key).client.chat.completions.create({ model: 'qwen3:8b', messages: hello });
  expect(await core.newest()).toMatchObject({ lane: 'local', provider: 'ollama', meteredCost: '0.00' });
});

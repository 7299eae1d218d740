import { expect, onTestFinished, test } from 'vitest';
import { noFilter } from '#shared/contract/no-filter.ts';
import { startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { coreOfFile } from './start-core.ts';

const running = coreOfFile();

async function ask(key: string, body: object, headers: Record<string, string> = {}): Promise<unknown> {
  const reply = await fetch(`${running().url}/v1/estimate`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: reply.status, ...((await reply.json()) as object) };
}

test('tells what a call would cost everywhere, and sends and holds nothing', async () => {
  const core = running();
  const upstream = await startMockUpstream();
  onTestFinished(() => upstream.close());
  await core.addProvider('here', 'openai', upstream.origin, 'sk-upstream-0000');
  const asked = upstream.received.length;
  const key = await core.newKey();
  const hello = { messages: [{ role: 'user', content: 'hello world' }] };
  const before = await core.handlers['requests.sum']({ filter: noFilter });

  expect(await ask(key, { model: 'gpt-5.5', ...hello })).toMatchObject({
    status: 200,
    dialect: 'openai-chat',
    // Two words, four tokens around the message, three before the answer.
    input: { tokens: 9, tokenizer: 'o200k_base', is_estimate: false },
    output: null,
  });
  expect(await ask(key, { model: 'corvus/echo', max_tokens: 100, ...hello })).toMatchObject({
    status: 200,
    input: { tokenizer: null, is_estimate: true },
    places: [
      { lane: 'prepaid', provider: 'account', is_next: true, is_listed: true, cost: { cold: null } },
      { lane: 'local', provider: 'here', is_next: false, is_listed: false, cost: { input: '0.00', most: '0.00' } },
    ],
  });
  expect(await ask(key, { model: 'claude-opus-4-6', ...hello }, { 'anthropic-version': '2023-06-01' })).toMatchObject({
    status: 200,
    dialect: 'anthropic-messages',
  });
  expect(await ask(key, { model: 'gpt-5.5', dialect: 'nothing' })).toMatchObject({
    status: 400,
    error: { code: 'bad_request', param: 'dialect' },
  });
  expect(await ask('sk-local-nothing', { model: 'gpt-5.5', ...hello })).toMatchObject({ status: 401 });

  expect(upstream.received).toHaveLength(asked);
  expect(await core.handlers['requests.sum']({ filter: noFilter })).toEqual(before);
});

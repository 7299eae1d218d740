import { expect, onTestFinished, test } from 'vitest';
import { noFilter } from '#shared/contract/no-filter.ts';
import { answerFor } from '../../support/fakes/provider-answers.ts';
import { startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { coreOfFile } from './start-core.ts';

const running = coreOfFile();

test('a request is told to the key that made it, and belongs to what its headers say', async () => {
  const core = running();
  const upstream = await startMockUpstream();
  onTestFinished(() => upstream.close());
  const key = await core.addProvider('own', 'openai', upstream.origin, 'sk-upstream-0000');
  const body = JSON.stringify({ model: 'any', messages: [{ role: 'user', content: 'Hi' }] });
  upstream.script({ headers: { 'content-type': 'application/json' }, body: answerFor('/v1/chat/completions', body) });
  const belongs = {
    'user-agent': 'claude-cli/2.1.112 (external, cli)',
    'x-claude-code-session-id': 's1',
    'x-claude-code-agent-id': 'explorer',
    'x-corvus-tag-project': 'site',
    'x-corvus-tag-team': 'search',
  };
  const reply = await fetch(`${core.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...belongs },
    body,
  });
  const id = reply.headers.get('x-corvus-request-id');
  await reply.text();
  const { rows } = await core.handlers['requests.list']({
    filter: { ...noFilter, session: 's1', tag: 'team=search' },
    cursor: null,
    limit: 2,
  });
  expect(rows).toMatchObject([
    { id, tool: 'Claude Code', project: 'site', agent: 'explorer', tags: { team: 'search' } },
  ]);
  expect(Object.keys(upstream.received.at(-1)?.headers ?? {}).filter((name) => name.startsWith('x-corvus'))).toEqual(
    [],
  );

  const other = await core.handlers['keys.create']({ label: 'Other', route: 'auto' });
  const ask = async (secret: string, asked: string | null) => {
    const answer = await fetch(`${core.url}/v1/generation?id=${asked}`, {
      headers: { authorization: `Bearer ${secret}` },
    });
    return { status: answer.status, ...((await answer.json()) as object) };
  };
  expect(await ask(key, id)).toMatchObject({
    status: 200,
    data: {
      id,
      provider_name: rows[0]?.provider,
      status: 'completed',
      tokens_prompt: rows[0]?.inputTokens,
      cost_usd: rows[0]?.cost,
    },
  });
  const refused = { status: 404, error: { code: 'not_found' } };
  expect(await ask(other.secret, id)).toMatchObject(refused);
  expect(await ask(key, 'req_1')).toMatchObject(refused);
  expect(await ask('sk-local-nothing', id)).toMatchObject({ status: 401 });
});

async function askEstimate(key: string, body: object, headers: Record<string, string> = {}): Promise<unknown> {
  const reply = await fetch(`${running().url}/v1/estimate`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: reply.status, ...((await reply.json()) as object) };
}

test('an estimate tells what a call would cost everywhere, and sends and holds nothing', async () => {
  const core = running();
  const upstream = await startMockUpstream();
  onTestFinished(() => upstream.close());
  await core.addProvider('here', 'openai', upstream.origin, 'sk-upstream-0000');
  const asked = upstream.received.length;
  const key = await core.newKey();
  const hello = { messages: [{ role: 'user', content: 'hello world' }] };
  const before = await core.handlers['requests.sum']({ filter: noFilter });

  expect(await askEstimate(key, { model: 'gpt-5.5', ...hello })).toMatchObject({
    status: 200,
    dialect: 'openai-chat',
    // Two words, four tokens around the message, three before the answer.
    input: { tokens: 9, tokenizer: 'o200k_base', is_estimate: false },
    output: null,
  });
  expect(await askEstimate(key, { model: 'corvus/echo', max_tokens: 100, ...hello })).toMatchObject({
    status: 200,
    input: { tokenizer: null, is_estimate: true },
    places: expect.arrayContaining([
      expect.objectContaining({ lane: 'prepaid', provider: 'account', is_next: true, is_listed: true }),
      expect.objectContaining({
        lane: 'local',
        provider: 'here',
        is_next: false,
        is_listed: false,
        cost: { input: '0.00', cached_input: null, cold: null, warm: null, most: '0.00' },
      }),
    ]),
  });
  expect(
    await askEstimate(key, { model: 'claude-opus-4-6', ...hello }, { 'anthropic-version': '2023-06-01' }),
  ).toMatchObject({
    status: 200,
    dialect: 'anthropic-messages',
  });
  expect(await askEstimate(key, { model: 'gpt-5.5', dialect: 'nothing' })).toMatchObject({
    status: 400,
    error: { code: 'bad_request', param: 'dialect' },
  });
  expect(await askEstimate('sk-local-nothing', { model: 'gpt-5.5', ...hello })).toMatchObject({ status: 401 });

  expect(upstream.received).toHaveLength(asked);
  expect(await core.handlers['requests.sum']({ filter: noFilter })).toEqual(before);
});

import { Ollama } from 'ollama';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { type RunningCore, startCore } from './start-core.ts';

const twoCalls = '#echo tool weather {"city":"Zürich"}\n#echo tool weather {"city":"Graz"}';
const tools = [
  {
    type: 'function',
    function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
  },
];
const user = (content: string) => ({ role: 'user', content });
const json = { 'content-type': 'application/json' };

function ollama(core: RunningCore, key: string): Ollama {
  return new Ollama({ host: core.url, headers: { authorization: `Bearer ${key}` } });
}

describe('the official client is answered by a model of', () => {
  test.each([
    ['openai-chat', 'glm-4.6'],
    ['openai-responses', 'gpt-5-pro'],
    ['anthropic-messages', 'claude-haiku-4-5'],
  ])('%s', async (dialect, model) => {
    const core = await startCore();
    const client = ollama(core, await core.newKey());
    const asked = { model, messages: [user('#echo text Grüße aus Zürich')], tools };
    const answer = await client.chat({ ...asked, stream: false });
    expect(answer).toMatchObject({
      model,
      done: true,
      done_reason: 'stop',
      message: { role: 'assistant', content: 'Grüße aus Zürich' },
    });
    await core.balance();
    const row = await core.newest();
    expect(row).toMatchObject({
      status: 'completed',
      match: 'agrees',
      dialect: 'ollama-chat',
      translatedTo: dialect,
      isStream: false,
    });
    expect([answer.prompt_eval_count, answer.eval_count]).toEqual([row.inputTokens, row.outputTokens]);

    const pieces = [];
    for await (const piece of await client.chat({ ...asked, stream: true })) pieces.push(piece);
    expect(pieces.map(({ message }) => message.content).join('')).toBe('Grüße aus Zürich');
    expect(pieces.at(-1)).toMatchObject({ done: true, done_reason: 'stop', eval_count: row.outputTokens });
    expect(await core.newest()).toMatchObject({ status: 'completed', isStream: true, endpoint: '/api/chat' });

    const { message } = await client.chat({ ...asked, stream: false, messages: [user(twoCalls)] });
    expect(message.tool_calls?.map((call) => [call.function.name, call.function.arguments])).toEqual([
      ['weather', { city: 'Zürich' }],
      ['weather', { city: 'Graz' }],
    ]);
    const results = [0, 1].map((index) => ({ role: 'tool', tool_name: 'weather', content: `Result ${index}` }));
    // As a client sends it back that keeps no ids.
    const said = { ...message, tool_calls: message.tool_calls?.map((call) => ({ function: call.function })) };
    const last = await client.chat({ ...asked, stream: false, messages: [user(twoCalls), said, ...results] });
    expect(last.message.content).toMatch(/Result 0[^]*Result 1/);

    const generated = await client.generate({
      model,
      prompt: '#echo text One answer',
      system: 'Be brief.',
      stream: false,
    });
    expect(generated).toMatchObject({ model, response: 'One answer', done: true });
  });
});

test('what clients ask besides calls is answered, with the rules of the gateway', async () => {
  const core = await startCore();
  const key = await core.newKey();
  const client = ollama(core, key);
  expect((await client.list()).models.map(({ name }) => name)).toContain('claude-haiku-4-5');
  expect(await client.show({ model: 'claude-haiku-4-5' })).toMatchObject({
    capabilities: expect.arrayContaining(['completion', 'tools']),
    model_info: { 'corvus.context_length': 200_000 },
  });
  expect((await client.version()).version).toMatch(/^\d+\.\d+\.\d+$/);
  expect((await client.ps()).models).toEqual([]);
  const { embeddings } = await client.embed({ model: 'text-embedding-3-small', input: ['one', 'two'] });
  expect(embeddings).toHaveLength(2);
  const { embedding } = await client.embeddings({ model: 'text-embedding-3-small', prompt: 'one' });
  expect(embedding).toEqual(embeddings[0]);
  expect(await core.newest()).toMatchObject({
    dialect: 'ollama-embeddings',
    translatedTo: 'openai-embeddings',
    endpoint: '/api/embeddings',
  });

  await expect(client.show({ model: 'no-such' })).rejects.toMatchObject({
    status_code: 404,
    error: expect.stringContaining('no-such'),
  });
  await expect(client.chat({ model: 'no-such', messages: [user('Hi')] })).rejects.toMatchObject({ status_code: 404 });
  await expect(ollama(core, 'sk-local-wrong').list()).rejects.toMatchObject({ status_code: 401 });
  for (const path of ['/api/tags', '/api/version', '/api/chat']) {
    const method = path === '/api/chat' ? 'POST' : 'GET';
    const fromPage = await fetch(core.url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, origin: 'https://a.example' },
    });
    expect([path, fromPage.status]).toEqual([path, 403]);
    expect(await fromPage.json()).toMatchObject({ error: expect.any(String), code: 'origin_not_allowed' });
    const keyless = await fetch(core.url + path, { method });
    expect([path, keyless.status]).toEqual([path, 401]);
  }
});

test('streams are the default, lines of JSON, and options reach the model; what breaks off says so', async () => {
  const core = await startCore();
  const upstream = await startMockUpstream();
  onTestFinished(() => upstream.close());
  const key = await core.addProvider('chat', 'anthropic', upstream.origin, 'sk-upstream-0000');
  const post = (body: object) =>
    fetch(`${core.url}/api/chat`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      body: JSON.stringify(body),
    });
  const options = { num_predict: 12, temperature: 0.5, top_k: 9, stop: ['END'], num_ctx: 8192 };
  const pixel = 'iVBORw0KGgo=';
  const reply = await post({
    model: 'claude-haiku-4-5',
    messages: [{ ...user('Hi'), images: [pixel] }],
    options,
    keep_alive: '5m',
  });
  expect(reply.headers.get('content-type')).toBe('application/x-ndjson');
  expect(reply.headers.get('x-corvus-not-carried')).toBe('keep_alive, options.num_ctx');
  const lines = (await reply.text())
    .trimEnd()
    .split('\n')
    .map((line): { done: boolean } => JSON.parse(line));
  expect(lines.length).toBeGreaterThan(2);
  expect(lines.filter(({ done }) => done)).toEqual([lines.at(-1)]);
  expect(JSON.parse(String(upstream.received.at(-1)?.body))).toMatchObject({
    max_tokens: 12,
    temperature: 0.5,
    top_k: 9,
    stop_sequences: ['END'],
    stream: true,
    messages: [
      {
        role: 'user',
        content: [{ type: 'text' }, { type: 'image', source: { media_type: 'image/png', data: pixel } }],
      },
    ],
  });

  upstream.script({ fault: { kind: 'end', afterBytes: 900 } });
  const cut = (await (await post({ model: 'claude-haiku-4-5', messages: [user('Hi')] })).text()).trimEnd().split('\n');
  expect(JSON.parse(cut.at(-1) ?? '')).toMatchObject({ error: expect.any(String), code: expect.any(String) });
  expect(cut.some((line) => line.includes('"done":true'))).toBe(false);
  expect(await core.newest()).toMatchObject({ status: 'truncated', usageSource: 'estimated', dialect: 'ollama-chat' });

  upstream.script({
    headers: json,
    body: '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
  });
  const failed = await post({ model: 'claude-haiku-4-5', messages: [user('Hi')], stream: false });
  expect(failed.status).toBeGreaterThanOrEqual(500);
  expect(await failed.json()).toMatchObject({ error: expect.stringContaining('Overloaded') });
  expect(await core.newest()).toMatchObject({ status: 'failed' });
});

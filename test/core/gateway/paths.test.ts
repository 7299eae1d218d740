import { describe, expect, onTestFinished, test } from 'vitest';
import { answerFor } from '../../support/fakes/provider-answers.ts';
import { startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { coreOfFile } from './start-core.ts';

const running = coreOfFile();
let started = 0;

async function start() {
  const core = running();
  started += 1;
  const upstream = await startMockUpstream();
  onTestFinished(() => upstream.close());
  const chat = await core.addProvider(`chat-${started}`, 'openai', upstream.origin, 'sk-upstream-0000');
  const messages = await core.addProvider(`messages-${started}`, 'anthropic', upstream.origin, 'sk-upstream-0001');
  const post = (path: string, key: string) => {
    const endpoint = path.includes('messages') ? '/v1/messages' : '/v1/chat/completions';
    const body = JSON.stringify({ model: 'any', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] });
    upstream.script({ headers: { 'content-type': 'application/json' }, body: answerFor(endpoint, body) });
    return fetch(core.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body,
    });
  };
  return { core, upstream, chat, messages, post };
}

describe('every path that clients build', () => {
  test('reaches its endpoint, with its query', async () => {
    const { upstream, chat, messages, post } = await start();
    const places: [string, string][] = [
      ['/v1/messages?beta=true', '/v1/messages?beta=true'],
      ['/v1/v1/messages?beta=true', '/v1/messages?beta=true'],
      ['/anthropic/v1/messages/', '/v1/messages'],
      ['/anthropic/messages?beta=true&x=a%20b', '/v1/messages?beta=true&x=a%20b'],
      ['/chat/completions', '/v1/chat/completions'],
      ['/v1/v1/chat/completions/', '/v1/chat/completions'],
      ['/v1/chat/completions/chat/completions?', '/v1/chat/completions'],
    ];
    for (const [path, arrives] of places) {
      const reply = await post(path, path.includes('messages') ? messages : chat);
      expect([path, reply.status, upstream.received.at(-1)?.path]).toEqual([path, 200, arrives]);
    }
  });

  test('a query is not sent to an upstream of another dialect', async () => {
    const { upstream, chat, post } = await start();
    await post('/v1/messages?beta=true', chat);
    expect(upstream.received.at(-1)?.path).toBe('/v1/responses');
  });

  test.each([
    'key',
    'api_key',
    'api-key',
    'apiKey',
    'access_token',
    'token',
    'Authorization',
    'x-api-key',
    'base_url',
    'api_base',
  ])('a query that carries %s is refused by name, and nothing is sent', async (name) => {
    const { upstream, chat, post } = await start();
    const reply = await post(`/v1/chat/completions?beta=true&${name}=sk-other`, chat);
    expect(reply.status).toBe(400);
    expect(await reply.json()).toMatchObject({ error: { code: 'unknown_parameter', param: name } });
    expect(upstream.received).toEqual([]);
  });

  test('the list of models is found under every address, by a program', async () => {
    const { core, chat } = await start();
    for (const path of [
      '/v1/models',
      '/v1/v1/models',
      '/v1/models/',
      '/models',
      '/models?limit=1000',
      '/anthropic/v1/models',
    ]) {
      const reply = await fetch(core.url + path, { headers: { authorization: `Bearer ${chat}` } });
      expect([path, reply.status, reply.headers.get('content-type')]).toEqual([path, 200, 'application/json']);
    }
  });
});

test('a provider of two dialects is asked in the one that carries the request', async () => {
  const { core, upstream, chat } = await start();
  for (const [more, path] of [
    [{}, '/v1/responses'],
    [{ stop_sequences: [] }, '/v1/responses'],
    [{ stop_sequences: ['END'] }, '/v1/chat/completions'],
  ] as const) {
    const body = JSON.stringify({ model: 'any', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }], ...more });
    await fetch(`${core.url}/v1/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${chat}`, 'content-type': 'application/json' },
      body,
    });
    expect(upstream.received.at(-1)?.path).toBe(path);
  }
});

test("the list has a provider's models as soon as it was added, and the built-in model's name has no price there", async () => {
  const { core, upstream, chat } = await start();
  upstream.script({ headers: { 'content-type': 'application/json' }, body: '{"data":[{"id":"owl-1"}]}' });
  upstream.script({ headers: { 'content-type': 'application/json' }, body: '{"data":[{"id":"owl-2"}]}' });
  const headers = { authorization: `Bearer ${chat}`, 'content-type': 'application/json' };
  const listed = await fetch(`${core.url}/v1/models`, { headers });
  const { data }: { data: { id: string }[] } = JSON.parse(await listed.text());
  expect(data.map(({ id }) => id)).toEqual(expect.arrayContaining(['owl-1', 'owl-2']));
  const body = JSON.stringify({ model: 'corvus/echo', messages: [{ role: 'user', content: 'Hi' }] });
  upstream.script({ headers: { 'content-type': 'application/json' }, body: answerFor('/v1/chat/completions', body) });
  await (await fetch(`${core.url}/v1/chat/completions`, { method: 'POST', headers, body })).text();
  expect(await core.newest()).toMatchObject({
    status: 'completed',
    unitPrices: null,
    costKind: expect.not.stringMatching('settled'),
  });
});

import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { expect, onTestFinished, test } from 'vitest';
import type { HttpTarget } from '#proxy/call.ts';
import { createTestClock, type TestClock } from '../support/test-clock.ts';
import { answerFor } from '../support/fakes/provider-answers.ts';
import { chatBody, jsonHeaders, messagesBody } from './raw-request.ts';
import { clientKey, startGateway, type TestGateway } from './start-gateway.ts';

const responsesBody = (extra: object): string => JSON.stringify({ model: 'gpt-test', input: 'Hi', ...extra });

const response = { id: 'resp_1', object: 'response', model: 'gpt-test', output: [] };
const usage = { input_tokens: 3, output_tokens: 1, total_tokens: 4 };
const responsesStream = [
  { type: 'response.created', response: { ...response, status: 'in_progress' } },
  { type: 'response.output_text.delta', item_id: 'msg_1', output_index: 0, content_index: 0, delta: 'Hi' },
  { type: 'response.completed', response: { ...response, status: 'completed', usage } },
].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
const completion = { id: 'cmpl-1', object: 'text_completion', created: 1, model: 'gpt-test' };
const completionsStream = [
  { ...completion, choices: [{ index: 0, text: 'Hi', finish_reason: null }] },
  {
    ...completion,
    choices: [{ index: 0, text: '', finish_reason: 'stop' }],
    usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 },
  },
].map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`);
const streams: Readonly<Record<string, string>> = {
  '/v1/responses': responsesStream.join(''),
  '/v1/completions': `${completionsStream.join('')}data: [DONE]\n\n`,
};
const streamOf = (path: string, body: string): string => streams[path] ?? answerFor(path, body).toString();

const dialects = [
  ['/v1/chat/completions', chatBody({ stream: true }), ': keep-alive\n\n'],
  ['/v1/responses', responsesBody({ stream: true }), ': keep-alive\n\n'],
  ['/v1/completions', JSON.stringify({ model: 'gpt-test', prompt: 'Hi', stream: true }), ': keep-alive\n\n'],
  ['/v1/messages', messagesBody({ stream: true }), 'event: ping\ndata: {"type": "ping"}\n\n'],
] as const;

interface Slow {
  clock: TestClock;
  gateway: TestGateway;
  /** The answer of the upstream to the next request, which the test writes. */
  answer(): Promise<ServerResponse>;
}

/**
 * A gateway in front of an upstream that answers when the test says so. @param names of its targets, all at that
 * upstream
 */
async function startSlow(names = ['only']): Promise<Slow> {
  const waiting: ServerResponse[] = [];
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      waiting.push(response);
      server.emit('asked');
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clock = createTestClock();
  const target = {
    kind: 'http',
    origin,
    headers: {},
    mayBePrivate: true,
    injectUsage: false,
    firstByteTimeoutMs: 180_000,
  } as const;
  const gateway = await startGateway({
    clock,
    targets: ({ endpoint: path }) => names.map((name): HttpTarget => ({ ...target, name, path })),
  });
  async function answer(): Promise<ServerResponse> {
    if (waiting.length === 0) await once(server, 'asked');
    const response = waiting.shift();
    if (!response) throw new Error('nothing was asked');
    return response;
  }
  return { clock, gateway, answer };
}

async function ask({ gateway }: Slow, path: string, body: Buffer | string): Promise<Response> {
  return fetch(gateway.url + path, {
    method: 'POST',
    headers: { ...jsonHeaders, authorization: `Bearer ${clientKey}` },
    body,
  });
}

/** Lets the second pass in which a stream begins early. */
async function waitASecond({ clock }: Slow): Promise<void> {
  clock.advance(1_000);
  await new Promise((resolve) => setImmediate(resolve));
}

const sse = { 'content-type': 'text/event-stream' };

test.each(dialects)(
  'a client of %s is kept alive from the first second on, and then gets the whole answer',
  async (path, body, ping) => {
    const slow = await startSlow();
    const asked = ask(slow, path, body);
    const upstream = await slow.answer();
    await waitASecond(slow);
    const reply = await asked;
    expect([reply.status, reply.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
    expect(reply.headers.get('x-corvus-request-id')).toMatch(/^req_/);
    slow.clock.advance(15_000);
    const whole = streamOf(path, body);
    upstream.writeHead(200, sse).end(whole);
    expect(await reply.text()).toBe(`${ping}${ping}${whole}`);
    expect(slow.gateway.outcomes).toMatchObject([
      { status: 'completed', httpStatus: 200, attempts: [{ errorCode: null }] },
    ]);
    expect(slow.gateway.outcomes[0]?.firstByteMs).toBeGreaterThanOrEqual(16_000);
  },
);

test.each(dialects)(
  'a refusal for a client of %s that is kept alive is an event with its own words',
  async (path, body, ping) => {
    const slow = await startSlow();
    const asked = ask(slow, path, body);
    const upstream = await slow.answer();
    await waitASecond(slow);
    const refusal = {
      type: 'error',
      error: { type: 'invalid_request_error', code: 'context_length', message: 'The prompt is too long.' },
    };
    upstream.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify(refusal));
    const text = await (await asked).text();
    expect(text.startsWith(ping)).toBe(true);
    const data = JSON.parse(text.slice(text.lastIndexOf('data: ') + 6));
    expect(path === '/v1/responses' ? data.response : data).toMatchObject({
      error: { message: 'The prompt is too long.' },
    });
    if (path === '/v1/responses')
      expect(data).toMatchObject({
        type: 'response.failed',
        response: { status: 'failed', error: { code: 'context_length' } },
      });
    expect(slow.gateway.outcomes).toMatchObject([
      { status: 'refused', httpStatus: 400, errorMessage: 'The prompt is too long.' },
    ]);
  },
);

test.each(dialects)(
  'a failure for a client of %s that is kept alive is the error event of its dialect',
  async (path, body) => {
    const slow = await startSlow();
    const asked = ask(slow, path, body);
    const upstream = await slow.answer();
    await waitASecond(slow);
    upstream.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>');
    const text = await (await asked).text();
    expect(text).toContain('upstream_not_json');
    expect(text).toMatch(
      path === '/v1/messages'
        ? /event: error\ndata: /
        : path === '/v1/responses'
          ? /event: response\.failed/
          : /data: \{"error"/,
    );
    expect(slow.gateway.outcomes).toMatchObject([{ status: 'failed', errorCode: 'upstream_not_json' }]);
  },
);

test('the official SDKs read on through keep-alives, and throw at the event of an error', async () => {
  const slow = await startSlow();
  const { url } = slow.gateway;
  const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: clientKey, maxRetries: 0 });
  const anthropic = new Anthropic({ baseURL: url, apiKey: clientKey, maxRetries: 0 });
  const messages = [{ role: 'user' as const, content: 'Hi' }];
  const chat = openai.chat.completions.create({ model: 'm', stream: true, messages });
  const first = await slow.answer();
  await waitASecond(slow);
  first.writeHead(200, sse).end(answerFor('/v1/chat/completions', chatBody({ stream: true })));
  let text = '';
  for await (const chunk of await chat) text += chunk.choices[0]?.delta.content ?? '';
  expect(text).not.toBe('');
  const message = anthropic.messages.create({ model: 'm', max_tokens: 9, stream: true, messages });
  const second = await slow.answer();
  await waitASecond(slow);
  second
    .writeHead(400, { 'content-type': 'application/json' })
    .end('{"type":"error","error":{"type":"invalid_request_error","message":"Too long."}}');
  const read = async () => {
    for await (const _event of await message);
  };
  await expect(read()).rejects.toThrow('Too long.');
});

test('a whole answer to a client that is kept alive comes as the events it asked for', async () => {
  const slow = await startSlow();
  const asked = ask(slow, '/v1/chat/completions', chatBody({ stream: true }));
  const upstream = await slow.answer();
  await waitASecond(slow);
  upstream.writeHead(200, { 'content-type': 'application/json' }).end(answerFor('/v1/chat/completions', chatBody()));
  const text = await (await asked).text();
  expect(text).toMatch(/^: keep-alive\n\ndata: \{/);
  expect(text).toMatch(/data: \[DONE\]\n\n$/);
});

test('a client that asked for no stream waits for the status of its upstream', async () => {
  const slow = await startSlow();
  const asked = ask(slow, '/v1/chat/completions', chatBody());
  const upstream = await slow.answer();
  await waitASecond(slow);
  upstream.writeHead(400, { 'content-type': 'application/json' }).end('{"error":{"message":"no"}}');
  expect((await asked).status).toBe(400);
});

test.each<[string, string, string, string]>([
  ['comments', '/v1/chat/completions', chatBody({ stream: true }), ': PROCESSING\n\n'],
  ['pings', '/v1/messages', messagesBody({ stream: true }), 'event: ping\ndata: {"type": "ping"}\n\n'],
  [
    'keep-alive events',
    '/v1/responses',
    responsesBody({ stream: true }),
    'event: keepalive\ndata: {"type":"keepalive","sequence_number":3}\n\n',
  ],
])(
  'an upstream that thinks for two minutes is waited for; one that sends only %s until the timeout is given up',
  async (_name, path, body, ping) => {
    const slow = await startSlow(['first', 'second']);
    const asked = ask(slow, path, body);
    const first = await slow.answer();
    first.writeHead(200, sse).write(ping);
    slow.clock.advance(120_000);
    first.write(ping);
    await new Promise((resolve) => setImmediate(resolve));
    slow.clock.advance(60_000);
    const second = await slow.answer();
    second.writeHead(200, sse).end(streamOf(path, body));
    expect((await (await asked).text()).length).toBeGreaterThan(100);
    expect(slow.gateway.outcomes).toMatchObject([
      {
        status: 'completed',
        servedBy: 1,
        attempts: [{ provider: 'first', errorCode: 'upstream_timeout' }, { provider: 'second' }],
      },
    ]);
  },
);

test('a stream that has begun and then sends nothing but keep-alives is given up after an hour', async () => {
  const slow = await startSlow();
  const asked = ask(slow, '/v1/messages', messagesBody({ stream: true }));
  const upstream = await slow.answer();
  const whole = answerFor('/v1/messages', messagesBody({ stream: true })).toString();
  upstream.writeHead(200, sse).write(whole.slice(0, whole.indexOf('\n\n') + 2));
  const body = (await asked).body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = (await body?.read())?.value ?? '';
  // In steps, so that what is written meanwhile leaves.
  for (let minutes = 0; minutes < 59; minutes += 1) {
    slow.clock.advance(60_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  upstream.write('event: ping\ndata: {"type": "ping"}\n\n');
  text += (await body?.read())?.value ?? '';
  slow.clock.advance(60_000);
  for (let part = await body?.read(); part && !part.done; part = await body?.read()) text += part.value;
  expect(text).toContain('upstream_timeout');
  expect(slow.gateway.outcomes).toMatchObject([{ status: 'truncated', errorCode: 'upstream_timeout' }]);
});

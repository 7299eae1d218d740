import { expect, test } from 'vitest';
import type { UpstreamDialect } from '#shared/domain/dialect.ts';
import { findTranslation } from '#shared/translate/translations.ts';
import type { Breaker } from '#proxy/call.ts';
import { CorvusError } from '#shared/errors.ts';
import { chatBody, jsonHeaders, messagesBody, post } from './raw-request.ts';
import { type GatewayOptions, startGateway } from './start-gateway.ts';
import { startUpstream, targetAt } from './upstream/attempts.ts';
import type { Script } from '../support/fakes/mock-upstream.ts';

/** How an answer begins in the dialect of an upstream. */
const begun: Readonly<Record<UpstreamDialect, readonly object[]>> = {
  'openai-chat': [{ choices: [{ index: 0, delta: { content: 'Hi' } }] }],
  'openai-responses': [
    { type: 'response.created', response: { id: 'r', status: 'in_progress' } },
    { type: 'response.output_text.delta', output_index: 0, delta: 'Hi' },
  ],
  'anthropic-messages': [
    { type: 'message_start', message: { usage: { input_tokens: 1, output_tokens: 1 } } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: 'Hi' } },
  ],
  gemini: [{ candidates: [{ content: { parts: [{ text: 'Hi' }] } }] }],
};

const clients = {
  chat: ['/v1/chat/completions', chatBody({ stream: true })],
  responses: ['/v1/responses', JSON.stringify({ model: 'm', input: 'Hi', stream: true })],
  messages: ['/v1/messages', messagesBody({ stream: true })],
  gemini: ['/v1beta/models/m:streamGenerateContent?alt=sse', '{"contents":[{"parts":[{"text":"Hi"}]}]}'],
  ollama: ['/api/chat', JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Hi' }] })],
} as const;

async function startTranslating(to: UpstreamDialect, options: GatewayOptions = {}) {
  const upstream = await startUpstream();
  const gateway = await startGateway({
    ...options,
    targets(call) {
      const translation = findTranslation(call.dialect, to);
      return [targetAt(upstream.origin, translation ? { translation } : {})];
    },
  });
  return { ...gateway, upstream };
}

/** The last event that a client gets of a stream in which an upstream reports this error. */
async function shown(client: keyof typeof clients, to: UpstreamDialect, error: object, options?: GatewayOptions) {
  const gateway = await startTranslating(to, options);
  const events = [...begun[to], error].map((event) => `data: ${JSON.stringify(event)}\n\n`);
  gateway.upstream.script({ headers: { 'content-type': 'text/event-stream' }, body: events.join('') });
  const [path, body] = clients[client];
  const reply = await post(gateway.url, path, body);
  const last = reply.body.toString('utf8').trimEnd().split('\n').at(-1) ?? '';
  return JSON.parse(last.replace(/^data: /, ''));
}

const overloaded = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
const limited = { error: { code: 429, message: 'Slow down.' } };
const named = { type: 'error', code: 'rate_limit_exceeded', message: 'Slow down.' };
const late = { error: { message: 'No answer in time.', type: 'timeout' } };
const invalid = { error: { code: 400, status: 'INVALID_ARGUMENT', message: 'No such picture.' } };
const busy = { error: { code: 503, status: 'UNAVAILABLE', message: 'Overloaded' } };
const long = {
  type: 'response.failed',
  response: {
    error: { code: 'context_length_exceeded', message: 'Your input exceeds the context window of this model.' },
  },
};
const refusedKey = { error: { code: 401, message: 'No such key.' } };
const unnamed = { error: 'It broke.' };

test.each<[keyof typeof clients, UpstreamDialect, object, object]>([
  ['messages', 'openai-chat', limited, { error: { type: 'rate_limit_error', message: 'Slow down.' } }],
  ['messages', 'openai-responses', named, { error: { type: 'rate_limit_error' } }],
  ['messages', 'openai-chat', late, { error: { type: 'timeout_error' } }],
  ['messages', 'gemini', invalid, { error: { type: 'invalid_request_error' } }],
  ['messages', 'gemini', busy, { error: { type: 'overloaded_error' } }],
  [
    'messages',
    'openai-responses',
    long,
    { error: { type: 'invalid_request_error', message: expect.stringMatching(/^prompt is too long/) } },
  ],
  ['messages', 'openai-chat', refusedKey, { error: { type: 'api_error' } }],
  ['messages', 'openai-chat', unnamed, { error: { type: 'api_error' } }],
  ['chat', 'anthropic-messages', overloaded, { error: { type: 'server_error', code: 'overloaded_error' } }],
  ['chat', 'gemini', { error: { code: 429, status: 'RESOURCE_EXHAUSTED' } }, { error: { type: 'rate_limit_error' } }],
  ['chat', 'openai-responses', long, { error: { code: 'context_length_exceeded' } }],
  [
    'responses',
    'openai-chat',
    limited,
    { type: 'response.failed', response: { status: 'failed', error: { code: 'rate_limit_error' } } },
  ],
  ['responses', 'anthropic-messages', overloaded, { response: { error: { code: 'overloaded_error' } } }],
  ['gemini', 'anthropic-messages', overloaded, { error: { code: 503, status: 'UNAVAILABLE' } }],
  ['gemini', 'openai-chat', limited, { error: { code: 429, status: 'RESOURCE_EXHAUSTED' } }],
  ['ollama', 'openai-chat', limited, { error: 'Slow down.' }],
])(
  'a client of %s: what %s reports in a stream is named as its refusal would be: %j',
  async (client, to, error, seen) => expect(await shown(client, to, error)).toMatchObject(seen),
);

test('what an upstream says of the account of a service is an overload to the customer', async () => {
  const options = { upstreamAccount: 'platform' } as const;
  for (const error of [limited, { error: { code: 402, message: 'No credit.' } }])
    expect(await shown('messages', 'openai-chat', error, options)).toMatchObject({
      error: { type: 'overloaded_error' },
    });
  expect(await shown('messages', 'gemini', invalid, options)).toMatchObject({
    error: { type: 'invalid_request_error' },
  });
});

const accountWords = 'Incorrect API key provided: current quota, credit balance';
const ofAccount = [401, 402, 403, 429, null].map((code) => ({ error: { code, message: accountWords } }));
const outOfCredit = { error: { message: 'Your credit balance is too low.' } };

test.each([...ofAccount, outOfCredit])(
  'a customer of the service does not read %j, in whatever form it comes',
  async (error) => {
    const gateway = await startGateway({ upstreamAccount: 'platform' });
    const opening = `data: ${JSON.stringify(begun['openai-chat'][0])}\n\n`;
    const event = `data: ${JSON.stringify(error)}\n\n`;
    const stream = { headers: { 'content-type': 'text/event-stream' } };
    for (const [script, isStream] of [
      [{ body: JSON.stringify(error) }, false],
      [{ status: 400, body: JSON.stringify(outOfCredit) }, false],
      [{ ...stream, body: event }, true],
      [{ ...stream, body: opening + event }, true],
    ] as const) {
      gateway.upstream.script(script);
      const reply = await post(gateway.url, '/v1/chat/completions', chatBody({ stream: isStream }));
      const text = reply.body.toString('utf8');
      expect(text).toContain('"code":"no_upstream_capacity"');
      expect(text).not.toMatch(/API key|quota|credit/);
      if (!isStream) expect(reply.headers).toMatchObject({ 'retry-after': '5', 'x-should-retry': 'true' });
    }
  },
);

test('what is said of the request itself reaches it', async () => {
  const gateway = await startGateway({ upstreamAccount: 'platform' });
  const said = { error: { code: 400, message: 'No such picture.' } };
  gateway.upstream.script({ body: JSON.stringify(said) });
  const reply = await post(gateway.url, '/v1/chat/completions', chatBody());
  expect(JSON.parse(reply.body.toString())).toMatchObject({ error: { message: 'No such picture.' } });
});

/** What the circuit breaker of a target hears. */
function notingBreaker() {
  const results: (number | null)[] = [];
  const breaker: Breaker = {
    mayTry: () => true,
    record: ({ httpStatus }) => void results.push(httpStatus),
    release: () => {},
  };
  return { breaker, results };
}

test.each([400, 404, 429, null])(
  'an error of the status %j in the form of a success counts for its target as a refusal of it',
  async (code) => {
    const { breaker, results } = notingBreaker();
    const upstream = await startUpstream();
    const targets = () => [targetAt(upstream.origin, { breaker }), targetAt(upstream.origin, { breaker })];
    const gateway = await startGateway({ targets });
    const isFinal = code === 400 || code === 404;
    for (const isStream of [false, true]) {
      results.length = 0;
      const error = JSON.stringify({ error: { code, message: 'Too long for me.' } });
      const script = isStream
        ? { headers: { 'content-type': 'text/event-stream' }, body: `data: ${error}\n\n` }
        : { body: error };
      for (let count = 0; count < (isFinal ? 1 : 2); count += 1) upstream.script(script);
      const before = upstream.received.length;
      const reply = await post(gateway.url, '/v1/chat/completions', chatBody({ stream: isStream }));
      expect(reply.body.toString('utf8')).toContain('Too long for me.');
      expect(upstream.received.length - before).toBe(isFinal ? 1 : 2);
      expect(results).toEqual(isFinal ? [code] : [code, code]);
    }
  },
);

const stream = { headers: { 'content-type': 'text/event-stream' } };
const output = `data: ${JSON.stringify(begun['openai-chat'][0])}\n\n`;
const failing = (error: object): Script => ({ ...stream, body: `${output}data: ${JSON.stringify({ error })}\n\n` });
const ending = `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\ndata: [DONE]\n\n`;

test.each<[string, Script, number | null]>([
  ['says that it is limited', failing({ code: 429, message: 'Slow down.' }), 429],
  ['says that the request is wrong', failing({ code: 400, message: 'No such picture.' }), 400],
  ['says that something broke', failing({ message: 'It broke.' }), null],
  ['ends in the middle', { ...stream, body: output }, null],
  [
    'is cut',
    { ...stream, body: output + ending, fault: { kind: 'reset', afterBytes: Buffer.byteLength(output) } },
    null,
  ],
  ['is whole', { ...stream, body: output + ending }, 200],
])('an answer that %s after its first output counts so for its target', async (_, script, expected) => {
  const { breaker, results } = notingBreaker();
  const upstream = await startUpstream();
  const gateway = await startGateway({ targets: () => [targetAt(upstream.origin, { breaker })] });
  upstream.script(script);
  const reply = await post(gateway.url, '/v1/chat/completions', chatBody({ stream: true }));
  expect(reply.body.toString()).toContain('"Hi"');
  expect(results).toEqual([expected]);
});

test('an answer that is ended here says nothing against its target', async () => {
  const { breaker, results } = notingBreaker();
  const upstream = await startUpstream();
  const gateway = await startGateway({
    targets: () => [targetAt(upstream.origin, { breaker })],
    cover: () => Promise.reject(new CorvusError('invalid_api_key')),
  });
  upstream.script({ ...stream, body: output + ending });
  await post(gateway.url, '/v1/chat/completions', chatBody({ stream: true }));
  expect(results).toEqual([200]);
});

test('an error in place of a whole answer has the status that it names, and is not retried where that is of no use', async () => {
  const gateway = await startGateway();
  for (const [code, type, retry] of [
    [429, 'rate_limit_error', 'true'],
    [400, 'invalid_request_error', 'false'],
  ] as const) {
    gateway.upstream.script({ body: JSON.stringify({ error: { code, message: 'No.' } }) });
    const reply = await post(gateway.url, '/v1/chat/completions', chatBody(), jsonHeaders);
    expect([reply.status, reply.headers['x-should-retry']]).toEqual([code, retry]);
    expect(JSON.parse(reply.body.toString())).toMatchObject({ error: { type, message: 'No.' } });
  }
});

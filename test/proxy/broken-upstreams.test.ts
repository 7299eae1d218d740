import { request as httpRequest } from 'node:http';
import { createServer } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { systemClock } from '#backend/runtime/system-ports.ts';
import { eventually } from '../support/eventually.ts';
import type { Script } from '../support/fakes/mock-upstream.ts';
import { answerFor, chatUsage } from '../support/fakes/provider-answers.ts';
import { startRawUpstream } from '../support/fakes/raw-upstream.ts';
import { chatBody, jsonHeaders, messagesBody, post } from './raw-request.ts';
import { startGateway } from './start-gateway.ts';
import { createTestClock } from '../support/test-clock.ts';

const chatPath = '/v1/chat/completions';
const streamed = chatBody({ stream: true });
const plainStream = answerFor(chatPath, streamed);
const errorOf = (body: Buffer): unknown => JSON.parse(body.toString('utf8')).error;

/** A clock for calls in one piece, which wait for nothing but retries. */
const hurried = { ...systemClock, after: (_delayMs: number, task: () => void) => systemClock.after(0, task) };
const reset = { fault: { kind: 'reset-before-headers' } } as const;

test('a connection reset before any answer is retried twice; then it is 502, and void (E91)', async () => {
  const gateway = await startGateway({ clock: hurried });
  for (let attempts = 0; attempts < 3; attempts += 1) gateway.upstream.script(reset);
  const reply = await post(gateway.url, chatPath, chatBody());
  expect(reply).toMatchObject({ status: 502, headers: { 'x-corvus-attempts': '3' } });
  expect(errorOf(reply.body)).toMatchObject({ code: 'upstream_connection_error' });
  expect(gateway.upstream.received).toHaveLength(3);
  expect(gateway.outcomes).toMatchObject([
    {
      status: 'failed',
      hasRelayedOutput: false,
      usage: { freshInput: 0, outputText: 0 },
      attempts: Array.from({ length: 3 }, () => ({
        number: 1,
        httpStatus: null,
        errorCode: 'upstream_connection_error',
      })),
    },
  ]);
});

test.each<[string, Script]>([
  ['an overload (503)', { status: 503, body: '{"error":{"message":"overloaded"}}' }],
  ['an overload (529)', { status: 529, body: '{"error":{"message":"overloaded"}}' }],
  ['an overload that says how long', { status: 503, headers: { 'retry-after': '2' }, body: '{}' }],
  ['a rate limit that is over soon', { status: 429, headers: { 'retry-after': '3' }, body: '{}' }],
  ['a reset', reset],
])('after %s the same upstream is asked once more, in the app and in the service', async (_name, script) => {
  for (const upstreamAccount of ['caller', 'platform'] as const) {
    const gateway = await startGateway({ clock: hurried, upstreamAccount });
    gateway.upstream.script(script);
    const reply = await post(gateway.url, chatPath, chatBody());
    expect(reply).toMatchObject({ status: 200, headers: { 'x-corvus-attempts': '2' } });
    expect(gateway.outcomes[0]?.attempts).toMatchObject([
      { number: 1, httpStatus: script.status ?? null },
      { number: 1, httpStatus: 200, errorCode: null },
    ]);
  }
});

test.each<[string, Script]>([
  ['a rate limit without an end', { status: 429, body: '{}' }],
  ['a rate limit that is over too late', { status: 429, headers: { 'retry-after': '6' }, body: '{}' }],
  ['an overload for a minute', { status: 503, headers: { 'retry-after': '60' }, body: '{}' }],
  ['an upstream that says not to', { status: 503, headers: { 'x-should-retry': 'false' }, body: '{}' }],
  [
    'an upstream that has tried several times itself',
    { status: 503, headers: { 'x-corvus-attempts': '3' }, body: '{}' },
  ],
  ['a failure of its own', { status: 500, body: '{}' }],
  ['a refusal', { status: 400, body: '{}' }],
])('after %s it is not', async (_name, script) => {
  const gateway = await startGateway({ clock: hurried });
  gateway.upstream.script(script);
  const reply = await post(gateway.url, chatPath, chatBody());
  expect(reply).toMatchObject({ status: script.status });
  expect(reply.headers['x-corvus-attempts']).toBeUndefined();
  expect(gateway.upstream.received).toHaveLength(1);
});

test.each([
  ['half a head', 'HTTP/1.1 200 OK\r\ncontent-ty'],
  ['an interim answer', 'HTTP/1.1 103 Early Hints\r\nlink: </>\r\n\r\n'],
])('a connection that breaks off after %s is not retried: the request was taken (E91)', async (_what, begun) => {
  const raw = await startRawUpstream();
  raw.answer(begun);
  const gateway = await startGateway({
    clock: hurried,
    targets: (call) => [
      {
        kind: 'http',
        name: 'raw',
        origin: raw.origin,
        path: call.endpoint,
        headers: {},
        mayBePrivate: true,
        injectUsage: false,
      },
    ],
  });
  const reply = await post(gateway.url, chatPath, chatBody());
  expect(errorOf(reply.body)).toMatchObject({ code: 'upstream_interrupted' });
  expect(gateway.outcomes[0]?.attempts).toHaveLength(1);
});

test('a kept connection that the upstream closes is replaced at once, and only once for each attempt (E91)', async () => {
  const gateway = await startGateway({ clock: hurried });
  expect((await post(gateway.url, chatPath, chatBody())).status).toBe(200);
  gateway.upstream.script({ fault: { kind: 'close-before-headers' } });
  expect((await post(gateway.url, chatPath, chatBody())).status).toBe(200);
  expect(gateway.upstream.received).toHaveLength(3);
  // The replacement is not kept.
  expect((await post(gateway.url, chatPath, chatBody())).status).toBe(200);
  for (let requests = 0; requests < 4; requests += 1) gateway.upstream.script(reset);
  expect((await post(gateway.url, chatPath, chatBody())).status).toBe(502);
  expect(gateway.upstream.received).toHaveLength(8);
  expect(gateway.outcomes).toHaveLength(4);
});

test('an address where no server listens: 502 upstream_connection_error (E91)', async () => {
  const free = createServer();
  await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve));
  const address = free.address();
  await new Promise((resolve) => free.close(resolve));
  const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  const gateway = await startGateway({
    targets: (call) => [
      { kind: 'http', name: 'gone', origin, path: call.endpoint, headers: {}, mayBePrivate: true, injectUsage: false },
    ],
  });
  const reply = await post(gateway.url, chatPath, chatBody());
  expect(reply.status).toBe(502);
  expect(gateway.outcomes[0]?.attempts).toMatchObject([
    { number: 1, provider: 'gone', httpStatus: null, errorCode: 'upstream_connection_error' },
  ]);
});

test.each([
  ['reset in mid-stream (E92)', 'reset', 'upstream_interrupted'],
  ['a clean end without the terminal marker (E93)', 'end', 'upstream_truncated'],
] as const)('%s: every whole event so far, then the error event, never [DONE]', async (_name, kind, code) => {
  const gateway = await startGateway({ injectUsage: false });
  const cut = plainStream.indexOf('\n\n', 900) + 2;
  gateway.upstream.script({ fault: { kind, afterBytes: cut } });
  const reply = await post(gateway.url, chatPath, streamed);
  expect(reply.isCut).toBe(false);
  expect(reply.body.subarray(0, cut).equals(plainStream.subarray(0, cut))).toBe(true);
  const ending = reply.body.subarray(cut).toString('utf8');
  expect(JSON.parse(ending.replace('data: ', ''))).toMatchObject({ error: { code } });
  expect(reply.body.toString('utf8')).not.toContain('[DONE]');
  const [outcome] = gateway.outcomes;
  expect(outcome).toMatchObject({
    status: 'truncated',
    errorCode: code,
    hasRelayedOutput: true,
    usageSource: 'estimated',
  });
  expect(outcome?.usage?.freshInput).toBeGreaterThan(0);
  expect(outcome?.usage?.outputText).toBeGreaterThan(0);
});

test('nothing but the opening chunk came: nothing is charged (E92)', async () => {
  const gateway = await startGateway({ injectUsage: false });
  gateway.upstream.script({ fault: { kind: 'reset', afterBytes: plainStream.indexOf('\n\n') + 2 } });
  await post(gateway.url, chatPath, streamed);
  expect(gateway.outcomes).toMatchObject([
    { status: 'truncated', hasRelayedOutput: false, usage: { freshInput: 0, outputText: 0 } },
  ]);
});

test('a Messages stream without message_stop is truncated and says so as an error event (E93)', async () => {
  const gateway = await startGateway();
  const sent = messagesBody({ stream: true });
  const whole = answerFor('/v1/messages', sent);
  const cut = whole.indexOf('event: content_block_stop');
  gateway.upstream.script({ fault: { kind: 'end', afterBytes: cut } });
  const reply = await post(gateway.url, '/anthropic/v1/messages', sent);
  expect(reply.body.subarray(cut).toString('utf8')).toMatch(
    /^event: error\ndata: \{"type":"error","error":\{"type":"api_error"/,
  );
  expect(gateway.outcomes).toMatchObject([
    { status: 'truncated', usageSource: 'estimated', usage: { freshInput: 25, cacheRead: 8 } },
  ]);
});

test.each([
  ['in a line', '"choices"'],
  ['between the lines of an event', '\n\n'],
])('the error that ends an answer which was cut %s is an event of its own (E93)', async (_where, at) => {
  const gateway = await startGateway({ injectUsage: false });
  const whole = plainStream.indexOf('\n\n', 900) + 2;
  gateway.upstream.script({ fault: { kind: 'end', afterBytes: plainStream.indexOf(at, whole) + 1 } });
  const reply = await post(gateway.url, chatPath, streamed);
  expect(reply.body.subarray(0, whole).equals(plainStream.subarray(0, whole))).toBe(true);
  expect(reply.body.subarray(whole).toString('utf8')).toMatch(/^data: \{"error":\{"message":"[^"]+".*\}\n\n$/);
});

test('an error that an upstream cuts short of its blank line is one that the client sees', async () => {
  const gateway = await startGateway({ injectUsage: false });
  const whole = plainStream.subarray(0, plainStream.indexOf('\n\n', 900) + 2);
  gateway.upstream.script({ body: Buffer.concat([whole, Buffer.from('data: {"error":{"message":"no memory"}}')]) });
  const reply = await post(gateway.url, chatPath, streamed);
  expect(reply.body.subarray(whole.length).toString('utf8')).toMatch(/^data: \{"error":.*no memory.*\}\n\n$/);
});

test('a finish reason without [DONE] is a whole answer (E93)', async () => {
  const gateway = await startGateway({ injectUsage: false });
  const body = plainStream.subarray(0, plainStream.indexOf('data: [DONE]'));
  gateway.upstream.script({ body });
  const reply = await post(gateway.url, chatPath, streamed);
  expect(reply.body.equals(body)).toBe(true);
  expect(gateway.outcomes).toMatchObject([{ status: 'completed', finishReason: 'stop' }]);
});

test.each([
  ['half a JSON text', { fault: { kind: 'end', afterBytes: 60 } }, 'upstream_truncated'],
  ['fewer bytes than declared', { fault: { kind: 'wrong-length' } }, 'upstream_interrupted'],
  ['a reset in the middle', { fault: { kind: 'reset', afterBytes: 60 } }, 'upstream_interrupted'],
] as const)('a whole reply of %s is 502 and void (E93)', async (_name, script, code) => {
  const gateway = await startGateway();
  gateway.upstream.script(script);
  const reply = await post(gateway.url, chatPath, chatBody());
  expect(reply.status).toBe(502);
  expect(errorOf(reply.body)).toMatchObject({ code });
  expect(gateway.outcomes).toMatchObject([
    { status: 'truncated', hasRelayedOutput: false, usage: { freshInput: 0, outputText: 0 } },
  ]);
});

test('a large reply that breaks off after its headers are out is cut, never ended (E93)', async () => {
  const gateway = await startGateway();
  const body = JSON.stringify({ data: [], filler: 'x'.repeat(600_000) });
  gateway.upstream.script({ body, fault: { kind: 'close', afterBytes: 500_000 } });
  const reply = await post(gateway.url, '/v1/embeddings', JSON.stringify({ model: 'e', input: 'x' }));
  expect(reply).toMatchObject({ status: 200, isCut: true });
  expect(gateway.outcomes).toMatchObject([{ status: 'truncated', hasRelayedOutput: false }]);
});

test('a large whole reply streams through with its usage read from the end', async () => {
  const gateway = await startGateway();
  const body = JSON.stringify({
    object: 'list',
    data: [{ embedding: 'A'.repeat(1_000_000) }],
    model: 'e',
    usage: { prompt_tokens: 8, total_tokens: 8 },
  });
  gateway.upstream.script({ body });
  const reply = await post(gateway.url, '/v1/embeddings', JSON.stringify({ model: 'e', input: 'x' }));
  expect(reply.body.toString('utf8')).toBe(body);
  expect(gateway.outcomes).toMatchObject([{ status: 'completed', usage: { freshInput: 8 }, usageSource: 'provider' }]);
});

test('an event of 8 MiB passes whole and its usage is read (E90)', async () => {
  const gateway = await startGateway({ injectUsage: false });
  const body = `data: {"choices":[{"delta":{"content":"${'y'.repeat(8 * 1024 * 1024)}"}}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}\n\ndata: [DONE]\n\n`;
  gateway.upstream.script({ headers: { 'content-type': 'text/event-stream' }, body });
  const reply = await post(gateway.url, chatPath, streamed);
  expect(reply.body.equals(Buffer.from(body))).toBe(true);
  expect(gateway.outcomes).toMatchObject([{ status: 'completed', usage: { freshInput: 1, outputText: 2 } }]);
});

test('40 MiB without a blank line pass as they come, unread (E90)', async () => {
  const gateway = await startGateway({ injectUsage: false });
  const body = Buffer.alloc(40 * 1024 * 1024, 'data: z\n');
  gateway.upstream.script({ headers: { 'content-type': 'text/event-stream' }, body });
  const reply = await post(gateway.url, chatPath, streamed);
  expect(reply.body.equals(body)).toBe(true);
  expect(gateway.outcomes[0]?.status).toBe('completed');
});

test.each(['declared', 'undeclared'] as const)(
  'a reply that is compressed although it should not be (%s) reaches the client plain (E101)',
  async (gzip) => {
    const gateway = await startGateway({ injectUsage: false });
    for (const stream of [true, false]) {
      gateway.upstream.script({ gzip });
      const sent = chatBody({ stream });
      const reply = await post(gateway.url, chatPath, sent);
      expect(reply.body.equals(answerFor(chatPath, sent))).toBe(true);
      expect(reply.headers['content-encoding']).toBeUndefined();
      expect(gateway.upstream.received.at(-1)?.headers['accept-encoding']).toBe('identity');
    }
    expect(gateway.outcomes[1]).toMatchObject({
      status: 'completed',
      usage: { outputText: chatUsage.completion_tokens },
    });
  },
);

test.each([
  ['x-gzip', gzipSync],
  ['deflate', deflateSync],
  // Without the wrapper that belongs to it, as some servers send it.
  ['deflate', deflateRawSync],
  ['br', brotliCompressSync],
  ['zstd', zstdCompressSync],
])('so does one in %s', async (encoding, compress) => {
  const gateway = await startGateway({ injectUsage: false });
  for (const stream of [true, false]) {
    const sent = chatBody({ stream });
    const plain = answerFor(chatPath, sent);
    const type = stream ? 'text/event-stream' : 'application/json';
    gateway.upstream.script({ body: compress(plain), headers: { 'content-encoding': encoding, 'content-type': type } });
    expect((await post(gateway.url, chatPath, sent)).body.equals(plain)).toBe(true);
  }
});

test('a compressed bomb and six encodings are refused (A19)', async () => {
  const gateway = await startGateway();
  gateway.upstream.script({ body: gzipSync(Buffer.alloc(64 * 1024 * 1024)), headers: { 'content-encoding': 'gzip' } });
  const bomb = await post(gateway.url, chatPath, chatBody());
  expect(bomb.isCut).toBe(true);
  expect(gateway.outcomes[0]).toMatchObject({
    status: 'truncated',
    errorCode: 'upstream_decompression_limit',
    hasRelayedOutput: false,
  });
  gateway.upstream.script({ headers: { 'content-encoding': 'gzip, gzip, gzip, gzip, gzip, gzip' } });
  expect(errorOf((await post(gateway.url, chatPath, chatBody())).body)).toMatchObject({
    code: 'upstream_decompression_limit',
  });
});

test.each([301, 302, 303, 307, 308])('a redirect (%i) is not followed (A15)', async (status) => {
  const gateway = await startGateway();
  gateway.upstream.script({ status, headers: { location: `${gateway.upstream.origin}/v1/stolen` } });
  const reply = await post(gateway.url, chatPath, chatBody());
  expect(reply.status).toBe(502);
  expect(errorOf(reply.body)).toMatchObject({ code: 'upstream_redirect' });
  expect(gateway.upstream.received).toHaveLength(1);
});

test.each([
  [200, 'text/html', 'upstream_not_json', 502],
  [511, 'text/html', 'upstream_not_json', 502],
  [502, 'text/html', 'no_upstream_capacity', 503],
])('a web page (%i %s) is named, not shown (E102)', async (status, type, code, shown) => {
  const gateway = await startGateway();
  gateway.upstream.script({ status, headers: { 'content-type': type }, body: '<html>Pay for Wi-Fi</html>' });
  const reply = await post(gateway.url, chatPath, chatBody());
  expect(reply.status).toBe(shown);
  expect(errorOf(reply.body)).toMatchObject({ code });
  expect(reply.body.toString('utf8')).not.toContain('Wi-Fi');
  expect(gateway.outcomes).toMatchObject([{ usage: { freshInput: 0 }, hasRelayedOutput: false }]);
});

test("a 429 of the caller's own account keeps its headers and body; one of the platform's account is hidden (E116)", async () => {
  const limited = {
    status: 429,
    headers: { 'retry-after': '7', 'retry-after-ms': '7000', 'x-ratelimit-remaining-requests': '0' },
    body: '{"error":{"message":"slow down","type":"requests","code":"rate_limit_exceeded"}}',
  };
  const own = await startGateway();
  own.upstream.script(limited);
  const reply = await post(own.url, chatPath, chatBody());
  expect(reply).toMatchObject({
    status: 429,
    headers: { 'retry-after': '7', 'retry-after-ms': '7000', 'x-ratelimit-remaining-requests': '0' },
  });
  expect(reply.body.toString('utf8')).toBe(limited.body);
  expect(own.outcomes).toMatchObject([
    { status: 'refused', httpStatus: 429, errorCode: 'rate_limit_exceeded', errorMessage: 'slow down' },
  ]);
  const platformAccounts = await startGateway({ upstreamAccount: 'platform' });
  platformAccounts.upstream.script(limited);
  const hidden = await post(platformAccounts.url, chatPath, chatBody());
  expect(hidden).toMatchObject({ status: 503, headers: { 'retry-after': '7', 'x-should-retry': 'true' } });
  expect(hidden.headers['x-ratelimit-remaining-requests']).toBeUndefined();
});

test('a client that leaves in mid-stream closes the upstream after the drain, and nothing is left (E97)', async () => {
  const clock = createTestClock();
  const gateway = await startGateway({ clock, injectUsage: false });
  const idle = clock.pending();
  gateway.upstream.script({ fault: { kind: 'stall', afterBytes: 900 } });
  const client = httpRequest(`${gateway.url}${chatPath}`, { method: 'POST', headers: jsonHeaders });
  client.on('error', () => {});
  client.end(streamed);
  await new Promise<void>((resolve) =>
    client.on('response', (response) => response.once('data', () => resolve()).on('error', () => {})),
  );
  const [received] = gateway.upstream.received;
  const before = clock.pending();
  client.destroy();
  await eventually(() => expect(clock.pending()).toBe(before + 1));
  clock.advance(250);
  const outcome = await gateway.settled();
  await received?.closed;
  expect(outcome).toMatchObject({
    status: 'cancelled',
    errorCode: null,
    usageSource: 'estimated',
    hasRelayedOutput: true,
  });
  await eventually(() => expect(gateway.upstream.openSockets()).toBe(0));
  expect(clock.pending()).toBe(idle);
});

test('a client that leaves before the first byte ends the upstream at once, 50 times over (E97)', async () => {
  const gateway = await startGateway();
  for (let round = 1; round <= 50; round += 1) {
    gateway.upstream.script({ fault: { kind: 'stall-before-headers' } });
    const arrived = gateway.upstream.nextRequest();
    const client = httpRequest(`${gateway.url}${chatPath}`, { method: 'POST', headers: jsonHeaders });
    client.on('error', () => {});
    client.end(chatBody());
    const received = await arrived;
    client.destroy();
    await received.closed;
    expect(await gateway.settled(round)).toMatchObject({ status: 'cancelled', usage: { freshInput: 0 } });
  }
  expect(gateway.outcomes).toHaveLength(50);
});

test("the provider's count is used when it comes within the drain after the client left", async () => {
  const clock = createTestClock();
  const gateway = await startGateway({ clock });
  const gate = Promise.withResolvers<void>();
  gateway.upstream.script({ cutSeed: 3, beforePiece: (index) => (index === 3 ? gate.promise : Promise.resolve()) });
  const client = httpRequest(`${gateway.url}${chatPath}`, { method: 'POST', headers: jsonHeaders });
  client.on('error', () => {});
  client.end(streamed);
  await new Promise<void>((resolve) =>
    client.on('response', (response) => {
      response.on('error', () => {});
      resolve();
    }),
  );
  client.destroy();
  await eventually(() => expect(clock.pending()).toBe(2));
  gate.resolve();
  expect(await gateway.settled()).toMatchObject({
    status: 'cancelled',
    usageSource: 'provider',
    usage: { freshInput: 15, outputText: 10 },
  });
});

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { connectionRefusal } from '#proxy/network/connection-refusal.ts';
import { placeOf } from '#core/providers/place.ts';
import { testProvider } from '#core/providers/test-provider.ts';
import type { ProviderRecord } from '#core/store/records.ts';
import type { UpstreamDialect } from '#shared/domain/dialect.ts';
import { providerIdSchema } from '#shared/ids.ts';
import { type MockUpstream, type Script, startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { createTestClock } from '../../support/test-clock.ts';
import { directNetwork } from '../../support/direct-network.ts';
import { createSend } from '#proxy/upstream/send.ts';
import { quiet, realClock } from '../../support/store-fixture.ts';

const key = 'sk-its-key-0123456789';
const network = directNetwork();
const send = createSend(network);
const deps = { logger: quiet, network, send, proxyOf: async () => ({ use: 'environment' as const }) };

function record(
  kind: string,
  baseUrl: string,
  dialect: UpstreamDialect = 'openai-chat',
  isLocal = false,
): ProviderRecord {
  const custom = kind === 'custom' ? { dialects: [dialect], isLocal } : null;
  const id = providerIdSchema.parse('p');
  return {
    id,
    ...placeOf({ kind, baseUrl, custom }),
    keys: [],
    proxy: { use: 'environment' },
    createdAtMs: 0,
    models: null,
    lastTest: null,
  };
}

const storedKey = (name: string) => ({ name, hint: '…', priority: 0, weight: 1, storedAtMs: 0 });

async function upstreamOf(...scripts: Script[]): Promise<MockUpstream> {
  const upstream = await startMockUpstream();
  onTestFinished(() => upstream.close());
  for (const script of scripts) upstream.script(script);
  return upstream;
}

const run = async (provider: ProviderRecord, secret: string | null = key) => {
  const keys = secret === null ? [] : [storedKey('main')];
  const { models, lastTest } = await testProvider({ ...provider, keys }, async () => secret ?? '', {
    ...deps,
    clock: realClock,
  });
  expect(lastTest.message).not.toContain(key);
  return { models, ok: lastTest.ok, message: lastTest.message };
};

const json = (status: number, body: unknown): Script => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
const html = (status: number): Script => ({
  status,
  headers: { 'content-type': 'text/html' },
  body: '<html>Sign in</html>',
});

// Bodies as the providers send them.
test.each<[string, string, Script, RegExp]>([
  [
    'openai',
    'wrong key',
    json(401, {
      error: {
        message: 'Incorrect API key provided: sk-its**.',
        type: 'invalid_request_error',
        code: 'invalid_api_key',
      },
    }),
    /^OpenAI refused the key.*platform\.openai\.com\.$/,
  ],
  [
    'google',
    'wrong key',
    json(400, [
      { error: { code: 400, message: 'API key not valid. Please pass a valid API key.', status: 'INVALID_ARGUMENT' } },
    ]),
    /^Google Gemini refused the key/,
  ],
  [
    'xai',
    'wrong key',
    json(400, { code: 'Client specified an invalid argument', error: 'Incorrect API key provided: sk***89.' }),
    /^xAI refused the key/,
  ],
  [
    'anthropic',
    'no credit',
    json(400, {
      type: 'error',
      error: { type: 'invalid_request_error', message: 'Your credit balance is too low to access the API.' },
    }),
    /^Anthropic accepts the key, but it has no credit/,
  ],
  [
    'deepseek',
    'no credit',
    json(402, { error: { message: 'Insufficient Balance' } }),
    /^DeepSeek accepts the key, but it has no credit/,
  ],
  [
    'openai',
    'no credit',
    json(429, { error: { message: 'You exceeded your current quota', type: 'insufficient_quota' } }),
    /^OpenAI accepts the key, but it has no credit/,
  ],
  [
    'zai',
    'no credit',
    json(429, { error: { code: '1113', message: 'Insufficient balance or no resource package. Please recharge.' } }),
    /^Z\.AI accepts the key, but it has no credit/,
  ],
  [
    'moonshot',
    'no credit',
    json(429, { error: { type: 'exceeded_current_quota_error', message: 'Your account is suspended' } }),
    /^Moonshot AI accepts the key, but it has no credit/,
  ],
  [
    'minimax',
    'no credit',
    json(200, { base_resp: { status_code: 1008, status_msg: 'insufficient balance' } }),
    /^MiniMax accepts the key, but it has no credit/,
  ],
  [
    'minimax',
    'wrong key',
    json(200, { base_resp: { status_code: 2049, status_msg: 'invalid api key' } }),
    /^MiniMax refused the key/,
  ],
  [
    'groq',
    'rate limit',
    json(429, { error: { message: 'Rate limit reached', type: 'requests' } }),
    /^Groq reports too many requests with this key/,
  ],
  [
    'openai',
    'country',
    json(403, { error: { code: 'unsupported_country_region_territory' } }),
    /^OpenAI refused with status 403/,
  ],
  ['mistral', 'trouble', html(503), /^Mistral has an outage or an internal error \(status 503\)/],
  [
    'cerebras',
    'wrong path',
    json(404, { message: 'Not found' }),
    /^Cerebras answered with status 404\. Check the base URL\.$/,
  ],
  [
    'openai',
    'captive portal',
    html(200),
    /^A web page answered instead of OpenAI\. If this network asks you to sign in/,
  ],
  [
    'openai',
    'captive portal',
    { status: 302, headers: { location: 'http://portal.example/' } },
    /^A web page answered/,
  ],
  ['openai', 'captive portal', html(511), /^A web page answered/],
  ['openai', 'another server', json(200, { hello: 'world' }), /is not a model list of OpenAI\. Check the base URL\.$/],
])('%s, %s: the sentence says what to do', async (kind, _trouble, script, sentence) => {
  const upstream = await upstreamOf(script);
  const result = await run(record(kind, upstream.origin));
  expect(result).toEqual({ models: null, ok: false, message: expect.stringMatching(sentence) });
  expect(upstream.received).toHaveLength(1);
});

test('a list that requires the key proves it for free', async () => {
  const upstream = await upstreamOf({}, json(401, { error: {} }));
  expect(await run(record('openai', upstream.origin))).toEqual({ models: ['gpt-test'], ok: true, message: '1 model' });
  expect(upstream.received.map(({ method, headers }) => [method, headers.authorization])).toEqual([
    ['GET', `Bearer ${key}`],
    ['GET', undefined],
  ]);
});

test('the list of a resource does not show its deployments, so it is not used for routing', async () => {
  const upstream = await upstreamOf({}, json(401, { error: { code: '401' } }));
  expect(await run(record('azure', upstream.origin))).toEqual({
    models: null,
    ok: true,
    message: 'Calls name a deployment of yours',
  });
});

test.each([
  ['openrouter', '/api/v1/key', { data: { label: 'k', limit: null, usage: 0 } }],
  ['vercel', '/v1/credits', { balance: '1.00', total_used: '0' }],
])('%s has a public model list, so the key is proved at %s', async (kind, path, proof) => {
  const good = await upstreamOf({}, json(200, proof));
  expect(await run(record(kind, good.origin))).toMatchObject({ ok: true, message: '1 model' });
  expect(good.received.map((request) => request.path)).toEqual([expect.stringMatching(/\/models$/), path]);
  const wrong = await upstreamOf({}, json(401, { error: { message: 'User not found.', code: 401 } }));
  expect(await run(record(kind, wrong.origin))).toMatchObject({
    ok: false,
    message: expect.stringMatching(/refused the key/),
  });
});

test('with a public model list, the test buys one token', async () => {
  const models = json(200, { data: ['text-embedding-3', 'big-model', 'big-model-mini'].map((id) => ({ id })) });
  const upstream = await upstreamOf(models, models);
  expect(await run(record('custom', upstream.origin))).toMatchObject({
    ok: true,
    message: '3 models; a call for one token to big-model-mini worked',
  });
  expect(JSON.parse(String(upstream.received[2]?.body))).toMatchObject({ model: 'big-model-mini', max_tokens: 1 });
});

test.each<[string, Script, { ok: boolean; message: RegExp }]>([
  ['the key is wrong', json(401, { error: {} }), { ok: false, message: /refused the key/ }],
  ['there is no credit', json(402, { error: {} }), { ok: false, message: /no credit left/ }],
  [
    'the call is not understood',
    json(400, { error: { message: 'max_tokens' } }),
    { ok: true, message: /the key is not proved.*with 400/ },
  ],
])('a bought token shows that %s', async (_case, script, { ok, message }) => {
  const upstream = await upstreamOf({}, {}, script);
  expect(await run(record('custom', upstream.origin, 'anthropic-messages'))).toMatchObject({
    ok,
    message: expect.stringMatching(message),
  });
  expect(upstream.received[2]).toMatchObject({ path: '/v1/messages', headers: { 'x-api-key': key } });
});

test('a server without a key is asked for its list only', async () => {
  const upstream = await upstreamOf();
  expect(await run(record('ollama', upstream.origin), null)).toMatchObject({ ok: true, message: '1 model' });
  expect(upstream.received).toHaveLength(1);
  const asking = await upstreamOf(json(401, {}));
  expect(await run(record('openai', asking.origin), null)).toMatchObject({
    ok: false,
    message: 'OpenAI requires a key, and none is stored. Make one at platform.openai.com.',
  });
});

test('an address where nothing listens, or a server without https', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  expect((await run(record('ollama', `https://127.0.0.1:${port}`), null)).message).toMatch(
    /does not use https.*http:\/\/\.$/,
  );
  await new Promise((resolve) => server.close(resolve));
  expect((await run(record('ollama', `http://127.0.0.1:${port}`), null)).message).toBe(
    `Nothing is listening at 127.0.0.1:${port}. Start Ollama and try again.`,
  );
});

test.each<[string, Script]>([
  ['never answers', { fault: { kind: 'stall-before-headers' } }],
  ['stops in the middle', { fault: { kind: 'stall', afterBytes: 5 } }],
])('a provider that %s ends in a timeout', async (_case, script) => {
  const upstream = await upstreamOf(script);
  const clock = createTestClock();
  const testing = testProvider(record('openai', upstream.origin), async () => key, { ...deps, clock });
  await upstream.nextRequest();
  clock.advance(60_000);
  expect((await testing).lastTest).toMatchObject({
    ok: false,
    message: expect.stringMatching(/did not answer in time/),
  });
  expect(clock.pending()).toBe(0);
});

test.each([
  ['ENOTFOUND', /cannot find api\.openai\.com\. Check the address/],
  ['EHOSTUNREACH', /Check your network connection\./],
  ['CERT_NOT_YET_VALID', /date is 2001-09-09; if that is wrong, set the clock/],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', /not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\)/],
  ['ECONNRESET', /failed \(ECONNRESET\)/],
])('%s becomes a sentence', (code, sentence) => {
  const error = Object.assign(new Error('no'), { code });
  expect(connectionRefusal(error, 'api.openai.com', 1_000_000_000_000).message).toMatch(sentence);
});

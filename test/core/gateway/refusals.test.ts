import { request } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { noFilter } from '#shared/contract/no-filter.ts';
import { type RunningCore, startCore } from './start-core.ts';

const body = '{"model":"corvus/echo","messages":[{"role":"user","content":"Hello"}]}';
const json = { 'content-type': 'application/json' };

interface Asked {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

interface RefusalReply {
  status: number;
  headers: Record<string, unknown>;
  error: { code?: string; type?: string; message?: string; param?: string | null };
  shape: unknown;
}

/** Bare HTTP, because what is asked here no client library would send. */
function ask(
  core: RunningCore,
  { method = 'POST', path = '/v1/chat/completions', headers = {}, body: sent = body }: Asked,
): Promise<RefusalReply> {
  return new Promise((resolve, reject) => {
    const call = request(core.url + path, { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const shape = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { error?: RefusalReply['error'] };
        resolve({ status: response.statusCode ?? 0, headers: response.headers, error: shape.error ?? {}, shape });
      });
    });
    call.on('error', reject);
    call.end(sent);
  });
}

test('a refusal before sending has status, code and sentence in the caller’s dialect', async () => {
  const core = await startCore();
  const [key, other] = [await core.newKey(), await core.newKey()];
  const auth = { authorization: `Bearer ${key}` };
  const bad: [what: string, asked: Asked, status: number, code: string][] = [
    ['no key', { headers: json }, 401, 'invalid_api_key'],
    ['unknown key', { headers: { ...json, authorization: 'Bearer sk-local-x' } }, 401, 'invalid_api_key'],
    [
      'two keys, none known',
      { headers: { ...json, authorization: 'Bearer a', 'x-api-key': 'b' } },
      400,
      'ambiguous_credentials',
    ],
    ['two keys, both known', { headers: { ...json, ...auth, 'x-api-key': other } }, 400, 'ambiguous_credentials'],
    ['web page', { headers: { ...json, ...auth, origin: 'https://evil.example' } }, 403, 'origin_not_allowed'],
    ['rebound name', { headers: { ...json, ...auth, host: 'evil.example' } }, 403, 'host_not_allowed'],
    ['form', { headers: { ...auth, 'content-type': 'text/plain' } }, 415, 'unsupported_media_type'],
    ['not JSON', { headers: { ...json, ...auth }, body: '{"model":' }, 400, 'invalid_json'],
    ['no model', { headers: { ...json, ...auth }, body: '{"messages":[]}' }, 400, 'bad_request'],
    [
      'unknown model',
      { headers: { ...json, ...auth }, body: body.replace('corvus/echo', 'corvus/ecko') },
      404,
      'model_not_found',
    ],
    [
      'key in body',
      { headers: { ...json, ...auth }, body: body.replace('{', '{"api_key":"sk-x",') },
      400,
      'unknown_parameter',
    ],
    ['wrong method', { method: 'PUT', headers: { ...json, ...auth } }, 405, 'method_not_allowed'],
    ['no such path', { path: '/v1/teapots', headers: { ...json, ...auth } }, 404, 'route_not_found'],
    ['bad escape', { method: 'GET', path: '/v1/models/%E0%A4%A', headers: auth, body: '' }, 404, 'model_not_found'],
    [
      '33 MiB declared',
      { headers: { ...json, ...auth, 'content-length': String(33 * 1024 * 1024) }, body: '' },
      413,
      'request_too_large',
    ],
  ];
  for (const [what, asked, status, code] of bad) {
    const refusal = await ask(core, asked);
    expect([what, refusal.status, refusal.error.code], JSON.stringify(refusal.shape)).toEqual([what, status, code]);
    expect(refusal.error.message?.length, what).toBeGreaterThan(10);
    if (code === 'ambiguous_credentials')
      expect(refusal.error.message).toMatch(/ANTHROPIC_API_KEY.*ANTHROPIC_AUTH_TOKEN/);
    expect(refusal.headers['x-request-id'], what).toMatch(/^req_/);
  }
  const anthropic = await ask(core, {
    path: '/anthropic/v1/messages',
    headers: { ...json, 'x-api-key': 'sk-local-x' },
  });
  expect(anthropic).toMatchObject({ status: 401, shape: { type: 'error', error: { type: 'authentication_error' } } });
  const unknown = await ask(core, { headers: { ...json, ...auth }, body: body.replace('corvus/echo', 'corvus/ecko') });
  expect(unknown.error.message).toContain('"corvus/echo"');
  // The answer does not wait for the row.
  const refusal = {
    status: 'refused',
    refusedBy: 'corvus',
    httpStatus: 404,
    errorCode: 'model_not_found',
    modelRequested: 'corvus/ecko',
    lane: null,
  };
  await expect.poll(() => core.newest()).toMatchObject(refusal);
});

test('each upstream fault becomes one designed answer, and a row that names it', async () => {
  const core = await startCore();
  const upstream = await startMockUpstream();
  onTestFinished(() => upstream.close());
  const key = await core.addProvider('own', 'openai', upstream.origin, 'sk-own');
  const headers = { ...json, authorization: `Bearer ${key}` };
  const html = { 'content-type': 'text/html' };
  const faults: [what: string, script: Parameters<typeof upstream.script>[0], status: number, code: string][] = [
    ['reset before headers', { fault: { kind: 'reset-before-headers' } }, 502, 'upstream_connection_error'],
    ['HTML with 200', { headers: html, body: '<html>Sign in</html>' }, 502, 'upstream_not_json'],
    ['HTML with 502', { status: 502, headers: html, body: '<html>Bad gateway</html>' }, 503, 'no_upstream_capacity'],
    [
      'redirect',
      { status: 302, headers: { location: 'https://elsewhere.example/' }, body: '' },
      502,
      'upstream_redirect',
    ],
  ];
  for (const [what, script, status, code] of faults) {
    // A reset is retried twice.
    for (let attempts = 0; attempts < (what === 'reset before headers' ? 3 : 1); attempts += 1) upstream.script(script);
    const refusal = await ask(core, { headers, body: body.replace('corvus/echo', 'any') });
    expect([what, refusal.status, refusal.error.code], JSON.stringify(refusal.shape)).toEqual([what, status, code]);
    const row = await core.row(String(refusal.headers['x-request-id']));
    expect(row, what).toMatchObject({ httpStatus: status, errorCode: code, provider: 'own', cost: '0.00' });
    expect(row.attempts.length, what).toBeGreaterThan(0);
  }
});

test('a stream that breaks off says so in the stream, and the row says truncated', async () => {
  const core = await startCore();
  const upstream = await startMockUpstream();
  onTestFinished(() => upstream.close());
  const { client } = core.openai(await core.addProvider('own', 'openai', upstream.origin, 'sk-own'));
  upstream.script({ fault: { kind: 'reset', afterBytes: 400 } });
  const stream = await client.chat.completions.create({
    model: 'any',
    stream: true,
    messages: [{ role: 'user', content: 'Hi' }],
  });
  let chunks = 0;
  const read = async () => {
    for await (const _chunk of stream) chunks += 1;
  };
  await expect(read()).rejects.toThrow();
  expect(chunks).toBeGreaterThan(0);
  expect(await core.newest()).toMatchObject({ status: 'truncated', httpStatus: 200 });
});

test('a client that leaves ends the upstream call; the row says cancelled, with the cost that the account booked', async () => {
  const core = await startCore();
  const { client } = core.openai(await core.newKey());
  const before = await core.balance();
  const messages = [{ role: 'user' as const, content: '#echo tokens 20000\n#echo delay 5' }];
  const { data: stream, response } = await client.chat.completions
    .create({ model: 'corvus/echo', stream: true, messages })
    .withResponse();
  for await (const _chunk of stream) break;
  const row = await core.row(response.headers.get('x-request-id'));
  expect(row.status).toBe('cancelled');
  await expect.poll(async () => (await core.row(row.id)).costKind).toBe('settled');
  const { cost } = await core.row(row.id);
  expect((Number(before) - Number(cost)).toFixed(9)).toBe(Number(await core.balance()).toFixed(9));
});

test('calls without a valid key or a known path are counted, those with one have rows (F23)', async () => {
  const core = await startCore();
  const auth = { authorization: `Bearer ${await core.newKey()}` };
  const wrong = { ...json, authorization: 'Bearer sk-local-x', 'user-agent': 'my-editor/1.0' };
  const keyless: Asked[] = [
    { headers: wrong },
    { headers: wrong },
    { headers: wrong },
    { headers: json },
    { headers: { ...json, ...auth, origin: 'https://evil.example' } },
    { headers: { ...json, ...auth, host: 'evil.example' } },
    { method: 'GET', path: '/v1/models', headers: wrong, body: '' },
    { path: '/v1/teapots', headers: wrong },
    { method: 'GET', path: '/healthz', headers: { host: 'evil.example' }, body: '' },
  ];
  for (const asked of keyless) expect((await ask(core, asked)).status).toBeGreaterThanOrEqual(400);
  await ask(core, { headers: { ...json, ...auth }, body: '{"messages":[]}' });
  const countRows = async () => (await core.handlers['requests.sum']({ filter: noFilter })).requests;
  // The answer does not wait for the row.
  await expect.poll(countRows).toBe(1);
  expect(await core.newest()).toMatchObject({ status: 'refused', errorCode: 'bad_request' });
  const { total, kinds } = await core.handlers['requests.refusals'](undefined);
  expect(total).toBe(keyless.length);
  expect(kinds).toContainEqual(
    expect.objectContaining({
      errorCode: 'invalid_api_key',
      httpStatus: 401,
      endpoint: '/v1/chat/completions',
      userAgent: 'my-editor/1.0',
      count: 3,
    }),
  );
  expect(kinds.map(({ endpoint, errorCode }) => [endpoint, errorCode])).toEqual(
    expect.arrayContaining([
      ['/v1/models', 'invalid_api_key'],
      ['/v1/teapots', 'route_not_found'],
      ['/healthz', 'host_not_allowed'],
      ['/v1/chat/completions', 'origin_not_allowed'],
    ]),
  );
  expect(await countRows()).toBe(1);
});

test('of two keys, the local one counts, in either header, and the row says so', async () => {
  const core = await startCore();
  const key = await core.newKey();
  for (const headers of [
    { authorization: `Bearer ${key}`, 'x-api-key': 'sk-ant-of-another' },
    { authorization: 'Bearer sk-ant-of-another', 'x-api-key': key },
  ]) {
    expect((await ask(core, { headers: { ...json, ...headers } })).status).toBe(200);
    expect((await core.newest()).hints).toEqual(['two-credentials']);
    expect((await fetch(`${core.url}/v1/models`, { headers })).status).toBe(200);
  }
  expect((await ask(core, { headers: { ...json, authorization: `Bearer ${key}` } })).status).toBe(200);
  expect((await core.newest()).hints).toEqual([]);
});

test('a refusal names who refused, and an upstream’s own error is none', async () => {
  const core = await startCore();
  const upstream = await startMockUpstream();
  onTestFinished(() => upstream.close());
  const key = await core.addProvider('named', 'openai', upstream.origin, 'sk-upstream-0000');
  const error = { headers: json, body: '{"error":{"message":"No owls here"}}' };
  for (const [status, row] of [
    [422, { status: 'refused', refusedBy: 'provider', httpStatus: 422 }],
    [500, { status: 'failed', refusedBy: null, httpStatus: 500 }],
  ] as const) {
    for (let times = 0; times < (status === 500 ? 8 : 1); times += 1) upstream.script({ status, ...error });
    const refused = await ask(core, { headers: { ...json, authorization: `Bearer ${key}` } });
    expect(refused.error.message).toBe('No owls here');
    expect(await core.newest()).toMatchObject(row);
  }
});

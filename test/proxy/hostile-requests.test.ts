import { connect } from 'node:net';
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { matchEndpoint } from '#proxy/request/endpoints.ts';
import { chatBody, jsonHeaders, messagesBody, post, sendRaw } from './raw-request.ts';
import { clientKey, providerKey, startGateway, type TestGateway } from './start-gateway.ts';

const chatPath = '/v1/chat/completions';

function raw(lines: readonly string[], body = chatBody()): string {
  return `${[...lines, `content-length: ${Buffer.byteLength(body)}`].join('\r\n')}\r\n\r\n${Buffer.from(body).toString('latin1')}`;
}

const auth = `authorization: Bearer ${clientKey}`;
const type = 'content-type: application/json';

function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
}

function codeOf(answer: string): string {
  return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)).error.code;
}

function expectUntouched(gateway: TestGateway): void {
  expect(gateway.upstream.received).toHaveLength(0);
  expect(gateway.outcomes).toHaveLength(0);
}

describe('the Host header (A1, A2)', () => {
  test.each(['evil.example', 'localhost.evil', '0.0.0.0', '192.168.1.5', 'machine.local', 'my-laptop'])(
    '%s is not ours: 403',
    async (name) => {
      const gateway = await startGateway();
      const answer = await sendRaw(
        gateway.port,
        raw([`POST ${chatPath} HTTP/1.1`, `host: ${name}:${gateway.port}`, auth, type, 'connection: close']),
      );
      expect([statusOf(answer), codeOf(answer)]).toEqual([403, 'host_not_allowed']);
      expectUntouched(gateway);
    },
  );

  test.each([
    ['twice', (port: number) => [`host: 127.0.0.1:${port}`, `host: 127.0.0.1:${port}`]],
    ['empty', () => ['host:']],
    ['with user info', (port: number) => [`host: 127.0.0.1:${port}@evil`]],
    ['with a trailing dot', (port: number) => [`host: localhost.:${port}`]],
    ['missing', () => []],
  ])('%s: 400 and the connection is closed', async (_name, hosts) => {
    const gateway = await startGateway();
    const answer = await sendRaw(gateway.port, raw([`POST ${chatPath} HTTP/1.1`, ...hosts(gateway.port), auth, type]));
    expect([statusOf(answer), codeOf(answer)]).toEqual([400, 'invalid_host']);
    expectUntouched(gateway);
  });

  test('HTTP/1.0 without Host and the wrong port are refused; each loopback name is accepted', async () => {
    const gateway = await startGateway();
    expect(statusOf(await sendRaw(gateway.port, raw([`POST ${chatPath} HTTP/1.0`, auth, type])))).toBe(400);
    expect(
      statusOf(
        await sendRaw(
          gateway.port,
          raw([`POST ${chatPath} HTTP/1.1`, 'host: 127.0.0.1:1', auth, type, 'connection: close']),
        ),
      ),
    ).toBe(403);
    for (const name of ['127.0.0.1', 'LOCALHOST', '[::1]']) {
      const answer = await sendRaw(
        gateway.port,
        raw([`POST ${chatPath} HTTP/1.1`, `host: ${name}:${gateway.port}`, auth, type, 'connection: close']),
      );
      expect(statusOf(answer)).toBe(200);
    }
  });
});

describe('request targets and methods (A3)', () => {
  test.each([
    ['POST http://evil.example/v1/chat/completions HTTP/1.1', 400, []],
    ['TRACE /v1/chat/completions HTTP/1.1', 405, []],
    ['GET /v1/chat/completions HTTP/1.1', 405, []],
    ['CONNECT evil.example:443 HTTP/1.1', 405, []],
    ['POST /v1/chat/completions HTTP/1.1', 426, ['connection: upgrade, close', 'upgrade: websocket']],
    ['GET /v1/responses HTTP/1.1', 426, ['connection: upgrade, close', 'upgrade: websocket']],
  ])('%s -> %i', async (line, status, extra) => {
    const gateway = await startGateway();
    const url = new URL(gateway.url);
    const answer = await sendRaw(
      gateway.port,
      raw([line, `host: ${url.host}`, auth, type, ...(extra.length ? extra : ['connection: close'])]),
    );
    expect(statusOf(answer)).toBe(status);
    expectUntouched(gateway);
  });

  test.each([
    '/v1/../v1/chat/completions',
    '/v1/%2e%2e/chat/completions',
    '/v1%2fchat/completions',
    '//v1/chat/completions',
    '/v1/chat\\completions',
  ])('%s is no endpoint', (path) => {
    expect(matchEndpoint(path)).toBeNull();
  });

  test.each([
    ['/v1/chat/completions?x=%2f..', 'openai-chat'],
    ['/chat/completions', 'openai-chat'],
    ['/v1/v1/chat/completions', 'openai-chat'],
    ['/v1/chat/completions/chat/completions', 'openai-chat'],
    ['/anthropic/v1/messages?beta=true', 'anthropic-messages'],
    ['/anthropic/v1/messages/v1/messages', 'anthropic-messages'],
    ['/v1/messages/count_tokens', 'anthropic-count-tokens'],
  ])('%s means %s', (path, dialect) => {
    expect(matchEndpoint(path)?.dialect).toBe(dialect);
  });
});

describe('request smuggling (A4)', () => {
  const inner = `POST ${chatPath} HTTP/1.1\r\nhost: 127.0.0.1\r\n${auth}\r\n${type}\r\ncontent-length: 2\r\n\r\n{}`;
  test.each([
    ['length and chunked', ['content-length: 4', 'transfer-encoding: chunked']],
    ['two lengths', ['content-length: 4', 'content-length: 5']],
    ['gzip, chunked', ['transfer-encoding: gzip, chunked']],
    ['chunked twice', ['transfer-encoding: chunked', 'transfer-encoding: chunked']],
    ['xchunked', ['transfer-encoding: xchunked']],
    ['a space before the colon', ['content-length : 4']],
    ['a folded header', ['x-a: b\r\n c', 'content-length: 4']],
    ['a bare line feed', ['x-a: b\nx-c: d', 'content-length: 4']],
    ['a header with NUL', ['x-a: b\0c', 'content-length: 4']],
  ])('%s: one refusal, nothing behind it is run', async (_name, headers) => {
    const gateway = await startGateway();
    const head = [`POST ${chatPath} HTTP/1.1`, `host: 127.0.0.1:${gateway.port}`, auth, type, ...headers].join('\r\n');
    const answer = await sendRaw(gateway.port, `${head}\r\n\r\n0\r\n\r\n${inner}`);
    expect(statusOf(answer)).toBeGreaterThanOrEqual(400);
    expect(answer.match(/HTTP\/1\.1 \d{3}/g)).toHaveLength(1);
    expectUntouched(gateway);
  });

  test('headers above 16 KiB: 431 in the envelope', async () => {
    const gateway = await startGateway();
    const answer = await sendRaw(
      gateway.port,
      raw([`POST ${chatPath} HTTP/1.1`, `host: 127.0.0.1:${gateway.port}`, `x-long: ${'a'.repeat(20_000)}`]),
    );
    expect([statusOf(answer), codeOf(answer)]).toEqual([431, 'headers_too_large']);
  });
});

describe('who may ask (A5, A6, A7, A8)', () => {
  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', ''])(
    'content type "%s": 415 (A5)',
    async (contentType) => {
      const gateway = await startGateway();
      const reply = await post(gateway.url, chatPath, chatBody(), {
        authorization: `Bearer ${clientKey}`,
        ...(contentType ? { 'content-type': contentType } : {}),
      });
      expect(reply.status).toBe(415);
      expectUntouched(gateway);
    },
  );

  test.each([
    ['no key', {}],
    ['a wrong key', { authorization: 'Bearer sk-wrong' }],
    ['another scheme', { authorization: 'Basic abc' }],
    ['an empty x-api-key', { 'x-api-key': '' }],
  ])('%s: 401 in both envelopes (A6)', async (_name, headers) => {
    const gateway = await startGateway();
    const openai = await post(gateway.url, chatPath, chatBody(), { 'content-type': 'application/json', ...headers });
    expect(openai).toMatchObject({ status: 401, headers: { 'x-should-retry': 'false' } });
    expect(JSON.parse(openai.body.toString())).toMatchObject({ error: { code: 'invalid_api_key' } });
    const anthropic = await post(gateway.url, '/anthropic/v1/messages', messagesBody(), {
      'content-type': 'application/json',
      ...headers,
    });
    expect(JSON.parse(anthropic.body.toString())).toMatchObject({
      type: 'error',
      error: { type: 'authentication_error' },
      request_id: expect.stringMatching(/^req_/),
    });
    expect(gateway.refusals).toMatchObject([{ errorCode: 'invalid_api_key' }, { errorCode: 'invalid_api_key' }]);
    expectUntouched(gateway);
  });

  test('two credentials of which none is known: 400; the same one twice is one, and the second never reaches the upstream (A7)', async () => {
    const gateway = await startGateway();
    const unknown = { 'content-type': 'application/json', authorization: 'Bearer one', 'x-api-key': 'other' };
    const differing = await post(gateway.url, chatPath, chatBody(), unknown);
    expect(JSON.parse(differing.body.toString())).toMatchObject({ error: { code: 'ambiguous_credentials' } });
    expectUntouched(gateway);
    expect((await post(gateway.url, chatPath, chatBody(), { ...jsonHeaders, 'x-api-key': clientKey })).status).toBe(
      200,
    );
    expect((await post(gateway.url, chatPath, chatBody(), { ...jsonHeaders, 'x-api-key': 'other' })).status).toBe(200);
    expect(JSON.stringify(gateway.upstream.received.map(({ headers }) => headers))).not.toContain('other');
  });

  test.each([
    { origin: 'null' },
    { origin: 'http://localhost.evil' },
    { origin: 'https://app.example' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-origin' },
  ])('%o: 403 and no CORS header (A8)', async (headers) => {
    const gateway = await startGateway();
    const reply = await post(gateway.url, chatPath, chatBody(), { ...jsonHeaders, ...headers });
    expect(reply.status).toBe(403);
    expect(Object.keys(reply.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    expectUntouched(gateway);
  });
});

test.each(['api_base', 'base_url', 'api_key', 'extra_headers'])(
  'a body that names %s is refused (A13)',
  async (member) => {
    const gateway = await startGateway();
    const reply = await post(gateway.url, chatPath, chatBody({ [member]: 'http://evil' }));
    expect(JSON.parse(reply.body.toString())).toMatchObject({ error: { code: 'unknown_parameter', param: member } });
    expectUntouched(gateway);
  },
);

test("headers of the hop, the browser and the credentials stay here; the upstream's own stay there (A16)", async () => {
  const gateway = await startGateway();
  gateway.upstream.script({
    headers: {
      'set-cookie': ['a=1', 'b=2'],
      'alt-svc': 'h3',
      'www-authenticate': 'x',
      'access-control-allow-origin': '*',
      'x-corvus-cost-usd': '0',
      'x-keep': 'yes',
    },
  });
  const sent = {
    ...jsonHeaders,
    connection: 'close, x-hop',
    'x-hop': '1',
    cookie: 'c',
    'x-forwarded-for': '1.2.3.4',
    te: 'trailers',
    'proxy-authorization': 'p',
    'x-stainless-lang': 'js',
  };
  const reply = await post(gateway.url, chatPath, chatBody(), sent);
  const upstreamGot = gateway.upstream.received[0]?.headers ?? {};
  for (const name of ['x-hop', 'cookie', 'x-forwarded-for', 'te', 'proxy-authorization'])
    expect(upstreamGot[name]).toBeUndefined();
  expect(upstreamGot).toMatchObject({ authorization: `Bearer ${providerKey}`, 'x-stainless-lang': 'js' });
  for (const name of ['set-cookie', 'alt-svc', 'www-authenticate', 'access-control-allow-origin'])
    expect(reply.headers[name]).toBeUndefined();
  expect(reply.headers).toMatchObject({ 'x-keep': 'yes', 'x-corvus-lane': 'byok', 'x-corvus-cost-usd': '0.0000015' });
});

describe('the size of a body (A17, A18)', () => {
  test('a body that declares 33 MiB is refused before it is sent (A17)', async () => {
    const gateway = await startGateway();
    const head = [
      `POST ${chatPath} HTTP/1.1`,
      `host: 127.0.0.1:${gateway.port}`,
      auth,
      type,
      `content-length: ${33 * 1024 * 1024}`,
    ].join('\r\n');
    const answer = await sendRaw(gateway.port, `${head}\r\n\r\n`);
    expect([statusOf(answer), codeOf(answer)]).toEqual([413, 'request_too_large']);
    expectUntouched(gateway);
  });

  test('a chunked body that grows beyond 32 MiB is refused on its way (A17)', async () => {
    const gateway = await startGateway();
    const answer = await new Promise<string>((resolve) => {
      let text = '';
      const socket = connect(gateway.port, '127.0.0.1', () => {
        socket.write(
          `POST ${chatPath} HTTP/1.1\r\nhost: 127.0.0.1:${gateway.port}\r\n${auth}\r\n${type}\r\ntransfer-encoding: chunked\r\n\r\n`,
        );
        const piece = `100000\r\n${' '.repeat(0x100000)}\r\n`;
        const send = () => {
          while (!socket.destroyed && socket.write(piece));
        };
        socket.on('drain', send);
        send();
      });
      socket.on('data', (chunk) => (text += chunk.toString('latin1')));
      socket.on('error', () => {});
      socket.on('close', () => resolve(text));
    });
    expect(statusOf(answer)).toBe(413);
    expectUntouched(gateway);
  });

  test('31 MiB pass byte-equal (A17)', async () => {
    const gateway = await startGateway();
    const sent = chatBody({ picture: 'QUJD'.repeat((31 * 1024 * 1024) / 4 - 64) });
    expect((await post(gateway.url, chatPath, sent)).status).toBe(200);
    expect(gateway.upstream.received[0]?.body.equals(Buffer.from(sent))).toBe(true);
  });

  const bomb = Buffer.alloc(64 * 1024 * 1024, ' ');
  test.each([
    ['gzip', gzipSync(bomb)],
    ['br', brotliCompressSync(bomb)],
    ['zstd', zstdCompressSync(bomb)],
  ])('a %s bomb: 413 (A18)', async (encoding, body) => {
    const gateway = await startGateway();
    expect((await post(gateway.url, chatPath, body, { ...jsonHeaders, 'content-encoding': encoding })).status).toBe(
      413,
    );
    expectUntouched(gateway);
  });

  test('a compressed body arrives plain; two encodings at once: 415 (A18)', async () => {
    const gateway = await startGateway();
    expect(
      (await post(gateway.url, chatPath, gzipSync(chatBody()), { ...jsonHeaders, 'content-encoding': 'gzip' })).status,
    ).toBe(200);
    expect(gateway.upstream.received[0]?.body.toString('utf8')).toBe(chatBody());
    expect(gateway.upstream.received[0]?.headers['content-encoding']).toBeUndefined();
    expect(
      (await post(gateway.url, chatPath, gzipSync('{}'), { ...jsonHeaders, 'content-encoding': 'gzip, br' })).status,
    ).toBe(415);
  });
});

describe('JSON bodies (A20, A21)', () => {
  test.each([
    ['depth', `{"model":"m","a":${'['.repeat(300)}${']'.repeat(300)}}`, 'json_too_complex'],
    ['10 MiB of brackets', `{"model":"m","a":${'['.repeat(10 * 1024 * 1024)}`, 'json_too_complex'],
    ['many nodes', `{"model":"m","a":[${'{},'.repeat(300_000)}{}]}`, 'json_too_complex'],
    [
      'many members',
      `{"model":"m"${Array.from({ length: 250_000 }, (_, index) => `,"k${index}":1`).join('')}}`,
      'json_too_complex',
    ],
    ['an array', '[1]', 'invalid_json'],
    ['half an object', '{"model":"m"', 'invalid_json'],
    ['a string only', '"model"', 'invalid_json'],
    ['nothing', '', 'invalid_json'],
    ['no model', '{"messages":[]}', 'bad_request'],
    ['a number as model', '{"model":7}', 'bad_request'],
    ['the model twice', '{"model":"cheap","model":"dear"}', 'bad_request'],
    ['the model twice, once escaped', '{"model":"cheap","mod\\u0065l":"dear"}', 'bad_request'],
    ['the model twice, once in another case', '{"model":"cheap","MODEL":"dear"}', 'bad_request'],
  ])('%s (A20)', async (_name, body, code) => {
    const gateway = await startGateway();
    const reply = await post(gateway.url, chatPath, body);
    expect(reply.status).toBe(400);
    expect(JSON.parse(reply.body.toString())).toMatchObject({ error: { code } });
    expectUntouched(gateway);
  });

  test.each([
    ['1e999 and a lone surrogate', '{"model":"m","temperature":1e999,"messages":["\\ud800"]}'],
    ['__proto__', '{"model":"m","__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'],
  ])('%s pass unchanged and change nothing here (A20, A21)', async (_name, body) => {
    const gateway = await startGateway();
    const answer = `{"choices":[{"text":"x"}],${body.slice(1)}`;
    gateway.upstream.script({ body: answer });
    const reply = await post(gateway.url, chatPath, body);
    expect(reply.body.toString()).toBe(answer);
    expect(gateway.upstream.received[0]?.body.toString()).toBe(body);
    expect('polluted' in {}).toBe(false);
  });
});

describe('the Expect header (E99)', () => {
  const waitForAnswer = (port: number, headers: string[]): Promise<string> =>
    sendRaw(
      port,
      `${[`POST ${chatPath} HTTP/1.1`, `host: 127.0.0.1:${port}`, type, 'connection: close', ...headers].join('\r\n')}\r\n\r\n`,
    );

  test('a bad key is 401 and an oversize body 413, neither with a 100', async () => {
    const gateway = await startGateway();
    const bad = await waitForAnswer(gateway.port, [
      'authorization: Bearer no',
      'expect: 100-continue',
      'content-length: 10',
    ]);
    expect(statusOf(bad)).toBe(401);
    const large = await waitForAnswer(gateway.port, [
      auth,
      'expect: 100-continue',
      `content-length: ${64 * 1024 * 1024}`,
    ]);
    expect(statusOf(large)).toBe(413);
    expect(bad + large).not.toContain('100 Continue');
  });

  test('a good request gets 100 Continue; another expectation is 417', async () => {
    const gateway = await startGateway();
    const body = chatBody();
    const answer = await sendRaw(
      gateway.port,
      raw(
        [
          `POST ${chatPath} HTTP/1.1`,
          `host: 127.0.0.1:${gateway.port}`,
          auth,
          type,
          'expect: 100-continue',
          'connection: close',
        ],
        body,
      ),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
    expect(statusOf(await waitForAnswer(gateway.port, [auth, 'expect: junk', 'content-length: 0']))).toBe(417);
  });

  test('100 pipelined requests are answered in order', async () => {
    const gateway = await startGateway();
    const requests = Array.from({ length: 100 }, (_, index) => {
      const last = index === 99 ? ['connection: close'] : [];
      return raw(
        [`POST ${chatPath} HTTP/1.1`, `host: 127.0.0.1:${gateway.port}`, auth, type, ...last],
        JSON.stringify({ model: `m${index}`, messages: [] }),
      );
    });
    const answer = await sendRaw(gateway.port, requests.join(''));
    const models = [...answer.matchAll(/"model":"m(\d+)"/g)].map(([, index]) => Number(index));
    expect(models).toEqual(Array.from({ length: 100 }, (_, index) => index));
  });
});

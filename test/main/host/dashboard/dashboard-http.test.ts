import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { createServer, request, type IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Logger } from '#shared/ports.ts';
import { defaultSettings, settingsSchema } from '#shared/contract/settings.ts';
import { eventually } from '../../../support/eventually.ts';
import { createDashboard } from '../../../../src/main/host/dashboard/dashboard-http.ts';
import { nodeRandom } from '../../../../src/main/host/node-ports.ts';
import { ownerProof } from '../../../../src/main/host/owner.ts';
import { brokenOff, oddBodies } from '../../../support/fakes/odd-bodies.ts';
import { heldClock } from '../../../support/held-clock.ts';
import { temporaryHome } from '../../../support/temporary-home.ts';
import { stubCore } from '../../../support/stub-core.ts';

const ownerSecret = 'owner-secret-CANARY-0123456789abcdef';

async function startDashboard(rendererFolder?: string, home?: string) {
  const place = home ?? (await temporaryHome());
  const folder = rendererFolder ?? join(place, 'renderer');
  const core = stubCore({
    'settings.get': async () => defaultSettings,
    'settings.set': async (change) => settingsSchema.parse({ ...defaultSettings, ...change }),
    'keys.list': async () => {
      throw new Error(`boom ${ownerSecret}`);
    },
  });
  const time = heldClock();
  const logger = { info: vi.fn<Logger['info']>(), warn: vi.fn<Logger['warn']>(), error: vi.fn<Logger['error']>() };
  const dashboard = createDashboard({
    core,
    rendererFolder: folder,
    sessionsPath: join(place, 'sessions.json'),
    ownerSecret,
    clock: time.clock,
    random: nodeRandom,
    logger,
  });
  const server = createServer((incoming, outgoing) => dashboard.listener(incoming, outgoing)).listen(0, '127.0.0.1');
  onTestFinished(() => {
    dashboard.close();
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return { core, dashboard, server, port, time, logger, home: place, ask: asker(port) };
}

interface Ask {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string;
}
interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  json(): unknown;
}

/** Raw HTTP, because fetch hides Host, Origin and cookies. */
function asker(port: number) {
  return ({ method, path, headers = {}, body }: Ask): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const sent = body === undefined ? headers : { 'content-type': 'application/json', ...headers };
      const outgoing = request(
        {
          host: '127.0.0.1',
          port,
          path,
          method: method ?? (body === undefined ? 'GET' : 'POST'),
          headers: sent,
          agent: false,
        },
        (reply) => {
          let text = '';
          reply.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
          reply.on('end', () =>
            resolve({ status: reply.statusCode ?? 0, headers: reply.headers, text, json: () => JSON.parse(text) }),
          );
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
}

async function logIn(started: Awaited<ReturnType<typeof startDashboard>>) {
  const code = started.dashboard.issueLoginCode();
  const reply = await started.ask({ path: '/api/login', body: JSON.stringify({ code }) });
  expect(reply.status).toBe(200);
  const setCookie = reply.headers['set-cookie']?.[0] ?? '';
  const { token } = JSON.parse(reply.text);
  const cookie = setCookie.split(';')[0] ?? '';
  const answer = await answerTo(started, cookie, String(token));
  return { code, setCookie, cookie, token: String(token), answer, headers: { cookie, 'x-corvusllm-token': answer } };
}

type Started = Awaited<ReturnType<typeof startDashboard>>;

function hmac(token: string, ...lines: string[]): string {
  return createHmac('sha256', createHash('sha256').update(token).digest()).update(lines.join('\n')).digest('hex');
}

function askChallenge({ ask }: Started, cookie: string, nonce = 'n'.repeat(32), more: Record<string, string> = {}) {
  return ask({ path: `/api/challenge?nonce=${nonce}`, headers: { cookie, ...more } });
}

/** What a page with this token makes of the challenge. */
async function answerTo(
  started: Started,
  cookie: string,
  token: string,
  host = `127.0.0.1:${started.port}`,
): Promise<string> {
  const { challenge } = JSON.parse((await askChallenge(started, cookie)).text);
  return hmac(token, 'page', challenge, host);
}

test('a page learns that it reached Corvus before it sends anything, and what it sends is of no use elsewhere or later', async () => {
  const started = await startDashboard();
  const { cookie, token, headers, answer } = await logIn(started);
  const host = `127.0.0.1:${started.port}`;
  const reply = await askChallenge(started, cookie, 'a'.repeat(64));
  const { challenge, proof } = JSON.parse(reply.text);
  expect(proof).toBe(hmac(token, 'corvus', 'a'.repeat(64), challenge, host));
  const byName = JSON.parse(
    (await askChallenge(started, cookie, 'a'.repeat(64), { host: `localhost:${started.port}` })).text,
  );
  expect(byName.proof).not.toBe(proof);
  expect((await askChallenge(started, 'corvusllm_session=none')).status).toBe(401);
  expect((await askChallenge(started, cookie, 'short')).status).toBe(400);
  const ask = (from: Started, sent: string) =>
    from.ask({ path: '/api/call/settings.get', headers: { ...headers, 'x-corvusllm-token': sent }, body: 'null' });
  expect((await ask(started, answer)).status).toBe(200);
  expect((await ask(started, token)).status).toBe(401);
  expect((await ask(started, await answerTo(started, cookie, token, '127.0.0.1:1'))).status).toBe(401);
  const again = await startDashboard(undefined, started.home);
  expect((await ask(again, answer)).status).toBe(401);
  expect((await ask(again, await answerTo(again, cookie, token))).status).toBe(200);
});

test('a login gives a strict cookie and a token; both together open the API', async () => {
  const started = await startDashboard();
  const { code, setCookie, headers } = await logIn(started);
  expect(Buffer.from(code, 'base64url').length).toBeGreaterThanOrEqual(16);
  expect(setCookie).toMatch(/^corvusllm_session=/);
  expect(setCookie).toContain('HttpOnly');
  expect(setCookie).toContain('SameSite=Strict');
  expect(setCookie).not.toContain('Domain');
  const reply = await started.ask({ path: '/api/call/settings.get', headers, body: 'null' });
  expect(reply.status).toBe(200);
  expect(reply.json()).toEqual({ ok: true, value: defaultSettings });
  expect(reply.headers['cache-control']).toBe('no-store');
});

test('a login outlives a restart, for thirty days; its file has neither half', async () => {
  const started = await startDashboard();
  const { cookie, token } = await logIn(started);
  const path = join(started.home, 'sessions.json');
  const stored = await readFile(path, 'utf8');
  for (const half of [cookie.split('=')[1] ?? '', token]) expect(stored).not.toContain(half);
  const again = await startDashboard(undefined, started.home);
  const headers = { cookie, 'x-corvusllm-token': await answerTo(again, cookie, token) };
  const ask = { path: '/api/call/settings.get', headers, body: 'null' };
  expect((await again.ask(ask)).status).toBe(200);
  again.time.advance(31 * 86_400_000);
  expect((await again.ask(ask)).status).toBe(401);
  await writeFile(path, 'not JSON');
  expect((await (await startDashboard(undefined, started.home)).ask(ask)).status).toBe(401);
});

test('the cookie alone, the token alone, and halves of two sessions open nothing', async () => {
  const started = await startDashboard();
  const one = await logIn(started);
  const two = await logIn(started);
  for (const headers of [
    { cookie: one.cookie },
    { 'x-corvusllm-token': one.answer },
    { cookie: one.cookie, 'x-corvusllm-token': two.answer },
    {},
  ]) {
    for (const ask of [
      { path: '/api/call/settings.get', headers, body: 'null' },
      { path: '/api/events', headers },
      { path: '/api/login-code', headers, body: 'null' },
    ]) {
      const reply = await started.ask(ask);
      expect(reply.status).toBe(401);
      expect(reply.json()).toMatchObject({ ok: false, error: { code: 'invalid_api_key' } });
    }
  }
});

test('a login code works once and expires', async () => {
  const started = await startDashboard();
  const { code } = await logIn(started);
  const replay = await started.ask({ path: '/api/login', body: JSON.stringify({ code }) });
  expect(replay.status).toBe(401);
  expect(replay.headers['set-cookie']).toBeUndefined();
  const late = started.dashboard.issueLoginCode();
  started.time.advance(60 * 60 * 1000);
  expect((await started.ask({ path: '/api/login', body: JSON.stringify({ code: late }) })).status).toBe(401);
  expect((await started.ask({ path: '/api/login', body: JSON.stringify({ code: '' }) })).status).toBe(401);
  expect((await started.ask({ path: '/api/login', body: '{}' })).status).toBe(401);
});

test('the owner secret opens the API to commands, and a wrong one does not', async () => {
  const { ask } = await startDashboard();
  const call = (bearer: string) =>
    ask({ path: '/api/call/settings.get', headers: { authorization: `Bearer ${bearer}` }, body: 'null' });
  expect((await call(ownerSecret)).status).toBe(200);
  expect((await call(`${ownerSecret}x`)).status).toBe(401);
  expect((await call('')).status).toBe(401);
  const code = await ask({
    path: '/api/login-code',
    headers: { authorization: `Bearer ${ownerSecret}` },
    body: 'null',
  });
  const reply = await ask({ path: '/api/login', body: code.text });
  expect(reply.status).toBe(200);
});

test('hello proves knowledge of the secret without revealing it', async () => {
  const { ask } = await startDashboard();
  const nonce = 'a'.repeat(32);
  const reply = await ask({ path: `/api/hello?nonce=${nonce}` });
  expect(reply.json()).toEqual({ proof: ownerProof(ownerSecret, nonce) });
  expect((await ask({ path: '/api/hello' })).status).toBe(400);
});

test('foreign hosts and origins are refused everywhere, without any CORS header', async () => {
  const { ask, port } = await startDashboard();
  const authorization = `Bearer ${ownerSecret}`;
  const cases: [Record<string, string>, string][] = [
    [{ host: `evil.example:${port}`, origin: `http://evil.example:${port}` }, 'host_not_allowed'],
    [{ host: `127.0.0.1:${port + 1}` }, 'host_not_allowed'],
    [{ host: `0.0.0.0:${port}` }, 'host_not_allowed'],
    [{ host: `localhost.:${port}` }, 'host_not_allowed'],
    [{ host: `127.0.0.1:${port}@evil.example` }, 'host_not_allowed'],
    [{ origin: 'https://evil.example' }, 'origin_not_allowed'],
    [{ origin: 'null' }, 'origin_not_allowed'],
    [{ origin: `http://localhost:${port + 1}` }, 'origin_not_allowed'],
    [{ origin: `http://localhost:${port}` }, 'origin_not_allowed'],
    [{ 'sec-fetch-site': 'cross-site' }, 'origin_not_allowed'],
    [{ 'sec-fetch-site': 'same-site' }, 'origin_not_allowed'],
    [
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
      'origin_not_allowed',
    ],
  ];
  for (const [headers, code] of cases) {
    for (const ask_ of [
      { path: '/api/call/settings.get', body: 'null' },
      { path: '/api/events' },
      { path: `/api/hello?nonce=${'a'.repeat(32)}` },
    ]) {
      const reply = await ask({ ...ask_, headers: { authorization, ...headers } });
      expect([headers, reply.json()]).toMatchObject([headers, { ok: false, error: { code } }]);
      expect(reply.headers['access-control-allow-origin']).toBeUndefined();
    }
  }
  const own = { authorization, origin: `http://127.0.0.1:${port}`, 'sec-fetch-site': 'same-origin' };
  expect((await ask({ path: '/api/call/settings.get', headers: own, body: 'null' })).status).toBe(200);
  const byName = { authorization, host: `localhost:${port}`, origin: `http://localhost:${port}` };
  expect((await ask({ path: '/api/call/settings.get', headers: byName, body: 'null' })).status).toBe(200);
});

test('a call answers with its result and the status of its code', async () => {
  const { ask, logger } = await startDashboard();
  const headers = { authorization: `Bearer ${ownerSecret}` };
  const call = (name: string, body: string, more: Record<string, string> = {}) =>
    ask({ path: `/api/call/${name}`, headers: { ...headers, ...more }, body });
  expect((await call('settings.set', '{"theme":"dark"}')).json()).toMatchObject({ ok: true, value: { theme: 'dark' } });
  const refusals: [string, string, Record<string, string>, number, string][] = [
    ['settings.set', '{"theme":"pink"}', {}, 400, 'bad_request'],
    ['settings.set', '{"theme"', {}, 400, 'invalid_json'],
    ['settings.set', '{}', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
    ['settings.set', JSON.stringify({ theme: 'x'.repeat(1024 * 1024) }), {}, 413, 'request_too_large'],
    ['no.such-call', 'null', {}, 404, 'route_not_found'],
    ['__proto__', 'null', {}, 404, 'route_not_found'],
    ['keys.list', 'null', {}, 500, 'internal_error'],
  ];
  for (const [name, body, more, status, code] of refusals) {
    const reply = await call(name, body, more);
    expect([name, reply.status, reply.json()]).toMatchObject([name, status, { ok: false, error: { code } }]);
    expect(reply.text).not.toContain('CANARY');
  }
  expect(logger.error).toHaveBeenCalledWith('call.failed', { name: 'keys.list', cause: expect.any(Error) });
});

test('no GET reaches a call', async () => {
  const { ask } = await startDashboard();
  const headers = { authorization: `Bearer ${ownerSecret}` };
  expect((await ask({ path: '/api/call/settings.get', headers })).status).toBe(404);
  expect((await ask({ path: '/api/login', headers })).status).toBe(404);
  expect((await ask({ path: '/api/login-code', headers })).status).toBe(404);
  expect((await ask({ path: '/', method: 'DELETE', headers })).status).toBe(405);
});

test('events reach an open page, with heartbeats, until it leaves or Corvus stops', async () => {
  const started = await startDashboard();
  const headers = { authorization: `Bearer ${ownerSecret}` };
  const open = async () => {
    const outgoing = request({
      host: '127.0.0.1',
      port: started.port,
      path: '/api/events',
      headers,
      agent: false,
    }).end();
    const [reply] = await once(outgoing, 'response');
    let text = '';
    reply.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    await eventually(() => expect(text).toContain(': connected'));
    return { reply, read: () => text, leave: () => outgoing.destroy() };
  };
  const leaving = await open();
  const staying = await open();
  expect(staying.reply.headers['content-type']).toContain('text/event-stream');
  started.core.emit('keys.changed', { ids: ['a'] });
  await eventually(() => expect(staying.read()).toContain('event: keys.changed\ndata: {"ids":["a"]}\n\n'));
  leaving.reply.on('error', () => undefined);
  leaving.leave();
  await eventually(() => expect(started.time.periodic).toHaveLength(1));
  for (const beat of started.time.periodic) beat();
  await eventually(() => expect(staying.read()).toContain(': still here'));
  const ended = once(staying.reply, 'end');
  started.dashboard.close();
  await ended;
  expect(started.core.subscriptionCount()).toBe(0);
  expect(started.time.periodic).toHaveLength(0);
});

test('the built pages are served with their types and the security headers; nothing else of the disk is', async () => {
  const parent = await temporaryHome();
  const folder = join(parent, 'renderer');
  await mkdir(join(folder, 'assets'), { recursive: true });
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>Corvus</title>');
  await writeFile(join(folder, 'assets', 'index-B4x9_kQz.js'), 'export {}');
  await writeFile(join(folder, 'icon.svg'), '<svg/>');
  await writeFile(join(parent, 'secret.txt'), 'CANARY');
  await writeFile(join(folder, '.hidden'), 'CANARY');
  const { ask } = await startDashboard(folder);

  const page = await ask({ path: '/' });
  expect(page.text).toContain('<title>Corvus</title>');
  expect(page.headers).toMatchObject({
    'content-type': expect.stringContaining('text/html'),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'content-security-policy':
      "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  });
  const script = await ask({ path: '/assets/index-B4x9_kQz.js' });
  expect(script.headers['content-type']).toMatch(/javascript/);
  expect(script.headers['cache-control']).toContain('immutable');
  const icon = await ask({ path: '/icon.svg' });
  expect(icon.headers).toMatchObject({
    'content-type': expect.stringContaining('image/svg+xml'),
    'cache-control': 'no-cache',
  });
  expect((await ask({ path: '/requests' })).text).toContain('<title>Corvus</title>');
  expect((await ask({ path: '/missing.js' })).status).toBe(404);
  const followed = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
  expect((await ask({ path: '/', headers: followed })).status).toBe(200);
  expect((await ask({ path: '/icon.svg', headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(403);
  for (const path of [
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/assets/..%5c..%5csecret.txt',
    '/.hidden',
    '//secret.txt',
    '/assets/%00.js',
  ]) {
    const reply = await ask({ path });
    expect([path, reply.status]).toEqual([path, 404]);
    expect(reply.text).not.toContain('CANARY');
  }
});

test('without built pages it says what to run', async () => {
  const { ask } = await startDashboard();
  const reply = await ask({ path: '/' });
  expect(reply.status).toBe(503);
  expect(reply.text).toContain('npm start');
});

const postPaths = [
  '/api/login',
  '/api/login-code',
  '/api/call/settings.get',
  '/api/call/settings.set',
  '/api/call/nothing',
  '/api/nothing',
  '/',
];

function sendRaw(port: number, path: string, rest: string, hangsUp = false): Promise<string> {
  const head = `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer ${ownerSecret}\r\nconnection: close\r\n`;
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(head + rest, 'latin1', () => void (hangsUp && socket.destroy())),
    );
    socket.setEncoding('latin1').on('data', (data: string) => (text += data));
    socket.on('error', () => undefined).on('close', () => resolve(text));
  });
}

test.each(Object.entries(oddBodies))('no form of a body makes the program fail: %s (F25)', async (_name, rest) => {
  const { port, logger } = await startDashboard();
  for (const path of postPaths) {
    const status = Number(/^HTTP\/1.1 (?!100)(\d+)/m.exec(await sendRaw(port, path, rest))?.[1] ?? 0);
    // A connection that is cut while the client still writes may lose the refusal.
    if (status === 0) expect(rest.length, path).toBeGreaterThan(1_000_000);
    else expect(status, path).toBeLessThan(500);
  }
  expect(logger.error).not.toHaveBeenCalled();
});

test('a body in chunks is read like any other (F25)', async () => {
  const { port } = await startDashboard();
  for (const name of ['JSON in chunks', 'chunks with extensions', 'chunks with Expect: 100-continue'])
    expect(
      await sendRaw(port, '/api/call/settings.set', (oddBodies[name] ?? '').replace('{"a":1}', '{     }')),
    ).toContain('{"ok":true');
});

test.each(Object.entries(brokenOff))(
  'a client that hangs up in its body is no failure of the program: %s (F25)',
  async (_name, rest) => {
    const { port, logger, ask } = await startDashboard();
    for (const path of postPaths) await sendRaw(port, path, rest, true);
    expect(
      (await ask({ path: '/api/call/settings.get', headers: { authorization: `Bearer ${ownerSecret}` }, body: 'null' }))
        .status,
    ).toBe(200);
    expect(logger.error).not.toHaveBeenCalled();
  },
);

/** Opens an event stream. @returns how it was answered, and when it ended */
async function openEvents(
  { port }: Pick<Awaited<ReturnType<typeof startDashboard>>, 'port'>,
  headers: Record<string, string>,
) {
  const outgoing = request({ host: '127.0.0.1', port, path: '/api/events', headers, agent: false }).end();
  const [incoming] = await once(outgoing, 'response');
  // A client that leaves gets an error of its own.
  incoming.on('error', () => undefined);
  const ended = new Promise((resolve) => incoming.once('end', resolve));
  let text = '';
  incoming.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  return { status: Number(incoming.statusCode), ended, text: () => text, leave: () => outgoing.destroy() };
}

async function loggedIn(started: Awaited<ReturnType<typeof startDashboard>>): Promise<Record<string, string>> {
  return (await logIn(started)).headers;
}

test('a login may have a limited number of event streams; they share one subscription and one heartbeat (F09)', async () => {
  const started = await startDashboard();
  const headers = await loggedIn(started);
  const streams = await Promise.all(Array.from({ length: 40 }, () => openEvents(started, headers)));
  expect(streams.filter(({ status }) => status === 200)).toHaveLength(16);
  expect(streams.filter(({ status }) => status === 429)).toHaveLength(24);
  const subscriptions = started.core.subscriptionCount();
  expect(started.time.periodic).toHaveLength(1);
  // Another login is not affected.
  const others = await openEvents(started, await loggedIn(started));
  expect(others.status).toBe(200);
  expect(started.core.subscriptionCount()).toBe(subscriptions);
  started.core.emit('keys.changed', { ids: [] });
  await eventually(() => expect(others.text()).toContain('event: keys.changed'));
  for (const { leave } of [...streams, others]) leave();
  await eventually(() => expect(started.core.subscriptionCount()).toBe(0));
  expect(started.time.periodic).toHaveLength(0);
});

test('an event stream ends with the login that opened it (F04)', async () => {
  const started = await startDashboard();
  const oldest = await openEvents(started, await loggedIn(started));
  const command = await openEvents(started, { authorization: `Bearer ${ownerSecret}` });
  // Of so many logins the oldest is forgotten.
  for (let number = 0; number < 64; number += 1) await logIn(started);
  await oldest.ended;
  started.core.emit('keys.changed', { ids: [] });
  await eventually(() => expect(command.text()).toContain('event: keys.changed'));
  expect(oldest.text()).not.toContain('event: keys.changed');
  command.leave();
});

/// <reference types="node" />
import { createHash, createHmac } from 'node:crypto';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { createHttpTransport, logIn } from '../../../src/renderer/lib/http-transport.ts';
import { backOffMs } from '../../../src/renderer/lib/event-stream.ts';

let server: Server;
let origin: string;
let streams: ServerResponse[];
let isOver: boolean;
/** Of the running Corvus; another program at its port knows no token. */
let challenge: string;
let isImpostor: boolean;
let sent: { url: string; answer: string | undefined }[];
let transport: ReturnType<typeof createHttpTransport> | null;

function hmac(...lines: string[]): string {
  return createHmac('sha256', createHash('sha256').update('token').digest()).update(lines.join('\n')).digest('hex');
}

// A dashboard that knows one token and one login code.
beforeEach(async () => {
  streams = [];
  isOver = false;
  challenge = 'first run';
  isImpostor = false;
  sent = [];
  transport = null;
  server = createServer(async (request, response) => {
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const chunks: Buffer[] = [];
    for await (const part of request) chunks.push(Buffer.from(part));
    const input: unknown = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : null;
    const { pathname, searchParams } = new URL(request.url ?? '', origin);
    const answered = request.headers['x-corvusllm-token'];
    const { host } = new URL(origin);
    sent.push({ url: pathname, answer: typeof answered === 'string' ? answered : undefined });
    if (request.url === '/api/login') {
      const isGood = JSON.stringify(input) === '{"code":"good"}';
      return answer(
        isGood ? 200 : 401,
        isGood ? { token: 'token' } : { ok: false, error: { code: 'invalid_api_key', message: 'Too old.' } },
      );
    }
    if (pathname === '/api/challenge' && !isOver) {
      const proof = isImpostor ? 'ab'.repeat(32) : hmac('corvus', searchParams.get('nonce') ?? '', challenge, host);
      return answer(200, { challenge, proof });
    }
    if (isOver || answered !== hmac('page', challenge, host))
      return answer(401, { ok: false, error: { code: 'invalid_api_key', message: 'Not logged in.' } });
    if (request.url === '/api/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(': connected\n\n');
      return streams.push(response);
    }
    if (request.url === '/api/call/account.connect')
      return answer(401, { ok: false, error: { code: 'invalid_api_key', message: 'The service refused this key.' } });
    return answer(200, { ok: true, value: [] });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  transport?.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function open(token: string | null) {
  transport = createHttpTransport({ origin, host: new URL(origin).host, token, fetch, random: () => 0 });
  return transport;
}

test('a stream that breaks is opened again, and says that events were missed', async () => {
  const opened = open('token');
  const states: string[] = [];
  const received: unknown[] = [];
  opened.onConnection((state) => states.push(state));
  opened.on('keys.changed', (payload) => received.push(payload));
  await eventually(() => expect(streams).toHaveLength(1));
  await eventually(() => expect(states).toEqual(['open']));
  // Cut in the middle of an event: the half is dropped with its connection.
  streams[0]?.write('event: keys.changed\ndata: {"ids":["half"');
  streams[0]?.destroy();
  await eventually(() => expect(states).toEqual(['open', 'lost', 'open']));
  streams[1]?.write('event: keys.changed\nda');
  streams[1]?.write('ta: {"ids":["a"]}\n\nevent: not.known\ndata: {}\n\n');
  await eventually(() => expect(received).toEqual([{ ids: ['a'] }]));
});

test('a session that is over is told once, and nothing is asked after that', async () => {
  const opened = open('token');
  await eventually(() => expect(opened.connection()).toBe('open'));
  isOver = true;
  const results = await Promise.all([opened.call('keys.list', undefined), opened.call('billing.orders', undefined)]);
  expect(results.map((result) => result.ok)).toEqual([false, false]);
  expect(opened.connection()).toBe('signed-out');
  streams[0]?.destroy();
  expect(await opened.call('keys.list', undefined)).toMatchObject({ ok: false, error: { code: 'invalid_api_key' } });
});

test('a program that took the port gets neither the token nor anything that is entered', async () => {
  const opened = open('token');
  await eventually(() => expect(opened.connection()).toBe('open'));
  isImpostor = true;
  sent = [];
  streams[0]?.destroy();
  await eventually(() => expect(opened.connection()).toBe('lost'));
  expect(await opened.call('keys.list', undefined)).toMatchObject({ ok: false, error: { code: 'core_unreachable' } });
  await eventually(() => expect(sent.length).toBeGreaterThan(1));
  expect(new Set(sent.map(({ url }) => url))).toEqual(new Set(['/api/challenge']));
  expect(sent.every(({ answer }) => answer === undefined)).toBe(true);
  isImpostor = false;
  await eventually(() => expect(opened.connection()).toBe('open'));
});

test('after a restart a call proves the login again, and is made', async () => {
  const opened = open('token');
  await eventually(() => expect(opened.connection()).toBe('open'));
  challenge = 'second run';
  expect(await opened.call('keys.list', undefined)).toEqual({ ok: true, value: [] });
  expect(opened.connection()).toBe('open');
  expect(sent.map(({ answer }) => answer)).not.toContain('token');
});

test('a refused customer key does not end the session', async () => {
  const opened = open('token');
  const result = await opened.call('account.connect', {
    baseUrl: 'https://example.test',
    customerKey: 'sk-corvus-wrong',
  });
  expect(result).toEqual({ ok: false, error: { code: 'invalid_api_key', message: 'The service refused this key.' } });
  expect(opened.connection()).not.toBe('signed-out');
});

test('without a token nothing is asked', async () => {
  const opened = open(null);
  expect(opened.connection()).toBe('signed-out');
  expect(await opened.call('keys.list', undefined)).toMatchObject({ ok: false });
});

test('a core that is gone is a result, not an exception', async () => {
  const opened = createHttpTransport({
    origin: 'http://127.0.0.1:1',
    host: '127.0.0.1:1',
    token: null,
    fetch,
    random: () => 0,
  });
  expect(opened.connection()).toBe('signed-out');
  transport = createHttpTransport({
    origin: 'http://127.0.0.1:1',
    host: '127.0.0.1:1',
    token: 'token',
    fetch,
    random: () => 0,
  });
  expect(await transport.call('keys.list', undefined)).toMatchObject({
    ok: false,
    error: { code: 'core_unreachable' },
  });
});

test('a login code is exchanged once for a token', async () => {
  expect(await logIn('good', { origin, fetch })).toBe('token');
  expect(await logIn('used', { origin, fetch })).toBeNull();
});

test('tries come less and less often, up to a limit', () => {
  const delays = Array.from({ length: 12 }, (_, failures) => backOffMs(failures, 1));
  expect(delays.toSorted((a, b) => a - b)).toEqual(delays);
  expect(delays.at(-1)).toBe(10_000);
  expect(backOffMs(0, 0)).toBe(200);
});

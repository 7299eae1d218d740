/// <reference types="node" />
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { createHttpTransport, logIn } from '../../../src/renderer/lib/http-transport.ts';
import { backOffMs } from '../../../src/renderer/lib/event-stream.ts';

let server: Server;
let origin: string;
let streams: ServerResponse[];
let acceptedToken: string;
let transport: ReturnType<typeof createHttpTransport> | null;

// A dashboard that knows one token and one login code.
beforeEach(async () => {
  streams = [];
  acceptedToken = 'token';
  transport = null;
  server = createServer(async (request, response) => {
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const sent: Buffer[] = [];
    for await (const part of request) sent.push(Buffer.from(part));
    const input: unknown = sent.length > 0 ? JSON.parse(Buffer.concat(sent).toString()) : null;
    if (request.url === '/api/login') {
      const isGood = JSON.stringify(input) === '{"code":"good"}';
      return answer(
        isGood ? 200 : 401,
        isGood ? { token: 'token' } : { ok: false, error: { code: 'invalid_api_key', message: 'Too old.' } },
      );
    }
    if (request.headers['x-corvusllm-token'] !== acceptedToken)
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
  transport = createHttpTransport({ origin, token, fetch, random: () => 0 });
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
  acceptedToken = 'another';
  const results = await Promise.all([opened.call('keys.list', undefined), opened.call('billing.orders', undefined)]);
  expect(results.map((result) => result.ok)).toEqual([false, false]);
  expect(opened.connection()).toBe('signed-out');
  streams[0]?.destroy();
  expect(await opened.call('keys.list', undefined)).toMatchObject({ ok: false, error: { code: 'invalid_api_key' } });
});

test('a refused customer key does not end the session', async () => {
  const opened = open('token');
  const result = await opened.call('account.connect', { baseUrl: 'https://example.test', customerKey: 'sk-corvus-wrong' });
  expect(result).toEqual({ ok: false, error: { code: 'invalid_api_key', message: 'The service refused this key.' } });
  expect(opened.connection()).not.toBe('signed-out');
});

test('without a token nothing is asked', async () => {
  const opened = open(null);
  expect(opened.connection()).toBe('signed-out');
  expect(await opened.call('keys.list', undefined)).toMatchObject({ ok: false });
});

test('a core that is gone is a result, not an exception', async () => {
  const opened = createHttpTransport({ origin: 'http://127.0.0.1:1', token: null, fetch, random: () => 0 });
  expect(opened.connection()).toBe('signed-out');
  transport = createHttpTransport({ origin: 'http://127.0.0.1:1', token: 'token', fetch, random: () => 0 });
  expect(await transport.call('keys.list', undefined)).toMatchObject({ ok: false, error: { code: 'core_unreachable' } });
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

import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { requestHead } from '#proxy/http1/request-head.ts';
import { ask, get, openPool } from './ask-raw.ts';

interface Seen {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

async function startServer() {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const body: Buffer[] = [];
    const { method, url, headers } = request;
    request.on('data', (bytes: Buffer) => body.push(bytes));
    request.on('end', () => {
      seen.push({ method, url, headers, body: Buffer.concat(body) });
      response.end();
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

test('a server reads what was to be sent, and nothing else', async () => {
  const { origin, seen } = await startServer();
  const pool = openPool();
  const name = fc.stringMatching(/^x-[a-z0-9!#$%&'*+.^_`|~-]{1,10}$/);
  const value = fc.stringMatching(/^([\x21-\x7e\x80-\xff]([\t\x20-\x7e\x80-\xff]{0,20}[\x21-\x7e\x80-\xff])?)?$/);
  const path = fc.stringMatching(/^\/[a-zA-Z0-9%/?=&._~-]{0,20}$/);
  const body = fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.constant(new Uint8Array(40_000).fill(7)));
  await fc.assert(
    fc.asyncProperty(path, fc.dictionary(name, value, { maxKeys: 5 }), body, async (url, headers, bytes) => {
      await ask(pool, origin, { method: 'POST', path: url, headers, body: Buffer.from(bytes) });
      const { headers: got, ...rest } = seen.at(-1) ?? { headers: {} };
      expect(rest).toEqual({ method: 'POST', url, body: Buffer.from(bytes) });
      const { host, connection, 'content-length': length, ...others } = got;
      expect({ host, connection, length }).toEqual({
        host: new URL(origin).host,
        connection: 'keep-alive',
        length: String(bytes.length),
      });
      expect(others).toEqual({ ...headers });
    }),
    { numRuns: 200 },
  );
  expect(seen).toHaveLength(200);
});

test('what says how this connection carries a request is not copied from it', () => {
  const headers = {
    Host: 'other',
    Connection: 'upgrade',
    'Content-Length': '9',
    'transfer-encoding': 'chunked',
    expect: '100-continue',
    upgrade: 'h2c',
    'x-a': 'b',
  };
  expect(requestHead({ method: 'POST', path: '/', headers, body: Buffer.from('{}') }, 'here:1', true)).toBe(
    'POST / HTTP/1.1\r\nhost: here:1\r\nconnection: keep-alive\r\nx-a: b\r\ncontent-length: 2\r\n\r\n',
  );
  expect(requestHead({ ...get, headers: { 'content-length': '0' }, body: Buffer.alloc(0) }, 'here', false)).toBe(
    'GET / HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n',
  );
  expect(requestHead({ ...get, method: 'POST' }, 'here', false)).toContain('\r\ncontent-length: 0\r\n');
});

test.each([
  ['a line break in a value', { headers: { a: 'b\r\nc: d' } }],
  ['half of one', { headers: { a: 'b\nc: d' } }],
  ['a NUL in a value', { headers: { a: 'b\0' } }],
  ['a character that no byte is', { headers: { authorization: 'Bearer sk-„x”' } }],
  ['a line break in a name', { headers: { 'a\r\nb': 'c' } }],
  ['a space in a name', { headers: { 'a b': 'c' } }],
  ['no name', { headers: { '': 'c' } }],
  ['a space in the path', { path: '/a b' }],
  ['a line break in the path', { path: '/a HTTP/1.1\r\nx: y' }],
])('%s is refused, and the value is not in the refusal', (_, part) => {
  expect(() => requestHead({ ...get, ...part }, 'here', true)).toThrow(
    expect.objectContaining({ code: 'upstream_connection_error', message: expect.not.stringContaining('sk-') }),
  );
});

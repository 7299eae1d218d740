import { connect, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createListener } from '#proxy/listen/create-listener.ts';
import { endpointPaths } from '#shared/domain/dialect.ts';
import { chatBody, post, sendRaw } from './raw-request.ts';
import { clientKey, startGateway, systemClock } from './start-gateway.ts';
import { createTestClock } from '../support/test-clock.ts';

const chatPath = endpointPaths['openai-chat'];
const messagesPath = endpointPaths['anthropic-messages'];

function head(port: number, path: string, ...more: string[]): string {
  return [
    `POST ${path} HTTP/1.1`,
    `host: 127.0.0.1:${port}`,
    `authorization: Bearer ${clientKey}`,
    'content-type: application/json',
    ...more,
    '',
    '',
  ].join('\r\n');
}

/** The one answer on a connection, once it is closed. */
function readAnswer(text: string): {
  status: number;
  body: { type?: string; error: Record<string, unknown> };
  count: number;
} {
  const start = text.indexOf('\r\n\r\n') + 4;
  return {
    status: Number(text.slice(9, 12)),
    body: JSON.parse(text.slice(start)),
    count: text.match(/HTTP\/1\.1 \d{3}/g)?.length ?? 0,
  };
}

interface Dripping {
  socket: Socket;
  answer: Promise<string>;
}

function drip(port: number, text: string): Dripping {
  let received = '';
  const socket = connect(port, '127.0.0.1', () => socket.write(text));
  socket.on('data', (chunk) => (received += chunk.toString('latin1')));
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  return { socket, answer: new Promise((resolve) => socket.on('close', () => resolve(received))) };
}

const chunked = 'transfer-encoding: chunked';
const malformed: readonly [string, string][] = [
  ['no size', 'x\r\nabc\r\n0\r\n\r\n'],
  ['a negative size', '-1\r\nabc\r\n0\r\n\r\n'],
  ['a size beyond all numbers', 'ffffffffffffffffffffff\r\nabc\r\n0\r\n\r\n'],
  ['a size with a space in it', '1 0\r\n0123456789abcdef\r\n0\r\n\r\n'],
  ['fewer bytes than the size', '2\r\nabc\r\n0\r\n\r\n'],
  ['no line end behind a chunk', '3\r\nabcX0\r\n\r\n'],
  ['a bare line feed', '3\nabc\r\n0\r\n\r\n'],
  ['a bad chunk after a good one', '3\r\n{"m\r\nzz\r\n\r\n'],
  ['a long chunk extension', `3;${'e'.repeat(20_000)}\r\nabc\r\n0\r\n\r\n`],
];

describe('a body that is not well-formed is answered in its dialect, and the connection is closed (A22)', () => {
  test.each(malformed)('%s', async (_, body) => {
    for (const [path, type] of [
      [chatPath, undefined],
      [messagesPath, 'error'],
    ] as const) {
      const gateway = await startGateway();
      const {
        status,
        body: said,
        count,
      } = readAnswer(await sendRaw(gateway.port, `${head(gateway.port, path, chunked)}${body}`));
      expect([400, 413]).toContain(status);
      expect(said.type).toBe(type);
      expect(['invalid_request_error', 'request_too_large']).toContain(said.error['type']);
      expect(count).toBe(1);
      expect(gateway.outcomes).toHaveLength(0);
      expect(gateway.refusals).toHaveLength(1);
    }
  });

  test.each(malformed)('of a request whose body is never read: %s', async (_, body) => {
    const listener = createListener({ handler: () => {}, clock: systemClock, newRequestId: () => 'req_test' });
    onTestFinished(() => listener.close(0));
    const { port } = await listener.listen({ host: '127.0.0.1', port: 0 });
    const { status, count } = readAnswer(await sendRaw(port, `${head(port, '/anything', chunked)}${body}`));
    expect([400, 413]).toContain(status);
    expect(count).toBe(1);
  });

  test('what follows it is never run as a request', async () => {
    const gateway = await startGateway();
    const next = `${head(gateway.port, chatPath, `content-length: ${chatBody().length}`)}${chatBody()}`;
    const answer = await sendRaw(gateway.port, `${head(gateway.port, chatPath, chunked)}zz\r\n${next}`);
    expect(readAnswer(answer)).toMatchObject({ status: 400, count: 1 });
    expect(gateway.upstream.received).toHaveLength(0);
  });
});

describe('a body that does not come (A22)', () => {
  test.each([
    [chatPath, undefined],
    [messagesPath, 'error'],
  ])('%s: after a minute it is 408 in the dialect, closed, and nothing was held', async (path, type) => {
    const clock = createTestClock();
    const gateway = await startGateway({ clock });
    const idle = clock.pending();
    const slow = drip(gateway.port, `${head(gateway.port, path, 'content-length: 1000')}{"model"`);
    while (clock.pending() === idle) await new Promise((resolve) => setImmediate(resolve));
    slow.socket.write(':');
    clock.advance(59_999);
    expect(gateway.refusals).toHaveLength(0);
    clock.advance(1);
    const { status, body } = readAnswer(await slow.answer);
    expect(status).toBe(408);
    expect(body.type).toBe(type);
    expect(gateway.refusals).toMatchObject([{ errorCode: 'request_timeout', httpStatus: 408 }]);
    expect(gateway.outcomes).toHaveLength(0);
    expect(gateway.upstream.received).toHaveLength(0);
  });

  test('a body that comes in time has no deadline any more', async () => {
    const clock = createTestClock();
    const gateway = await startGateway({ clock });
    expect((await post(gateway.url, chatPath, chatBody())).status).toBe(200);
    clock.advance(120_000);
    expect(gateway.refusals).toHaveLength(0);
  });

  test('three hundred clients that never end their headers all get 408, and others are served meanwhile', async () => {
    const gateway = await startGateway();
    const slow = Array.from({ length: 300 }, () =>
      drip(gateway.port, `POST ${chatPath} HTTP/1.1\r\nhost: 127.0.0.1:${gateway.port}\r\nx-a: `),
    );
    const dripping = setInterval(() => slow.forEach(({ socket }) => socket.destroyed || socket.write('a')), 500);
    let isOver = false;
    const answers = Promise.all(slow.map(({ answer }) => answer)).finally(() => (isOver = true));
    let served = 0;
    while (!isOver) {
      expect((await post(gateway.url, chatPath, chatBody())).status).toBe(200);
      served += 1;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    clearInterval(dripping);
    expect(served).toBeGreaterThan(5);
    for (const answer of await answers)
      expect(readAnswer(answer)).toMatchObject({ status: 408, body: { error: { code: 'request_timeout' } } });
  }, 30_000);
});

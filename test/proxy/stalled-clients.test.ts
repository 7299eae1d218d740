import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createListener } from '#proxy/listen/create-listener.ts';
import { eventually } from '../support/eventually.ts';
import { chatBody, jsonHeaders } from './raw-request.ts';
import { startGateway } from './start-gateway.ts';
import { createTestClock } from '../support/test-clock.ts';

const mebibyte = 1024 * 1024;
const checkMs = 5_000;

/** A client that has asked and reads nothing yet. */
async function askWithoutReading(port: number, head: string, body = ''): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  socket.pause();
  socket.write(`${head}\r\n\r\n${body}`);
  return socket;
}

function postHead(port: number, body: string): string {
  const headers = { host: `127.0.0.1:${port}`, 'content-length': Buffer.byteLength(body), ...jsonHeaders };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`POST /v1/chat/completions HTTP/1.1`, ...lines].join('\r\n');
}

async function listen(handler: RequestListener) {
  const clock = createTestClock();
  const listener = createListener({ handler, clock, newRequestId: () => 'req_test' });
  onTestFinished(() => listener.close(0));
  const { port } = await listener.listen({ host: '127.0.0.1', port: 0 });
  return { clock, port };
}

/** What the other side's system has not taken yet, of a write under way and of those behind it. */
function unsent(socket: Socket): number {
  const handle = Reflect.get(socket, '_handle') as { writeQueueSize: number } | null;
  return socket.writableLength + (handle?.writeQueueSize ?? 0);
}

const answers: [name: string, handler: RequestListener][] = [
  ['one piece of 64 MiB', (_request, response) => void response.end(Buffer.alloc(64 * mebibyte))],
  [
    'pieces',
    (_request, response) => {
      for (let piece = 0; piece < 64; piece += 1) response.write(Buffer.alloc(mebibyte));
    },
  ],
];

test.each(answers)(
  'a client that does not read %s is dropped after a minute without progress, and not before',
  async (_name, handler) => {
    const open = Promise.withResolvers<Socket>();
    const { clock, port } = await listen((request, response) => {
      handler(request, response);
      open.resolve(request.socket);
    });
    await askWithoutReading(port, 'GET / HTTP/1.1\r\nhost: x');
    const socket = await open.promise;
    await eventually(() => expect(socket.writableLength).toBeGreaterThan(mebibyte));
    clock.advance(60_000);
    expect(socket.destroyed).toBe(false);
    clock.advance(checkMs);
    expect(socket.destroyed).toBe(true);
  },
);

test.each(answers)('a client that reads %s slowly gets it all, however long that takes', async (_name, handler) => {
  const open = Promise.withResolvers<Socket>();
  const { clock, port } = await listen((request, response) => {
    handler(request, response);
    open.resolve(request.socket);
  });
  const client = await askWithoutReading(port, 'GET / HTTP/1.1\r\nhost: x\r\nconnection: close');
  const socket = await open.promise;
  let read = 0;
  let wanted = 0;
  client.on('data', (chunk: Buffer) => {
    read += chunk.length;
    if (read >= wanted) client.pause();
  });
  client.pause();
  for (let minute = 0; minute < 5; minute += 1) {
    clock.advance(55_000);
    const waiting = unsent(socket);
    wanted += 6 * mebibyte;
    client.resume();
    await eventually(() => expect(unsent(socket)).toBeLessThan(waiting));
    clock.advance(checkMs);
    expect(socket.destroyed).toBe(false);
  }
  expect(read).toBeGreaterThan(0);
});

test.each([
  ['a stream', { stream: true }, 'data: {"choices":[{"index":0,"delta":{"content":"'],
  ['a whole reply', {}, '{"choices":[{"index":0,"message":{"role":"assistant","content":"'],
] as const)('a client that does not read %s is settled as one that left (F18)', async (_name, extra, start) => {
  const clock = createTestClock();
  const gateway = await startGateway({ clock });
  const isStream = 'stream' in extra;
  const piece = `${start}${'x'.repeat(64 * 1024)}"}}]}\n\n`;
  gateway.upstream.script({
    headers: { 'content-type': isStream ? 'text/event-stream' : 'application/json' },
    body: isStream ? piece.repeat(512) : `${start}${'x'.repeat(32 * mebibyte)}"},"finish_reason":"stop"}]}`,
  });
  const body = chatBody(extra);
  const client = await askWithoutReading(gateway.port, postHead(gateway.port, body), body);
  await once(client, 'readable');
  // Until both systems' buffers are full nothing waits here.
  await eventually(() => {
    clock.advance(checkMs);
    expect(gateway.outcomes).toHaveLength(1);
  });
  expect(gateway.outcomes[0]).toMatchObject({ status: 'cancelled', errorCode: null });
  expect(gateway.failures).toEqual([]);
});

test('three hundred streams that wait at one upstream keep no other call from it (F18)', async () => {
  const gateway = await startGateway();
  for (let number = 0; number < 300; number += 1) gateway.upstream.script({ fault: { kind: 'stall', afterBytes: 0 } });
  const body = chatBody({ stream: true });
  for (let number = 0; number < 300; number += 1)
    await askWithoutReading(gateway.port, postHead(gateway.port, body), body);
  await eventually(() => expect(gateway.upstream.received).toHaveLength(300));
  const reply = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: jsonHeaders,
    body: chatBody(),
  });
  expect(reply.status).toBe(200);
});

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { createNetwork } from '#proxy/network/create-network.ts';
import { createSend } from '#proxy/upstream/send.ts';

const calls = 4_000;
const callers = 64;
/** Connections are used again after half to one and a half times what the upstream keeps them. */
const usuallyMs = 6;
const some = (most: number) => Math.random() * most;

/** Runs each call once, and closes a connection that has been idle for a while, whatever is on its way there. */
async function startClosingUpstream() {
  const ran = new Map<string, number>();
  const running = new Map<Socket, number>();
  let closed = 0;
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    const { socket } = request;
    running.set(socket, (running.get(socket) ?? 0) + 1);
    const id = String(request.headers['x-call']);
    ran.set(id, (ran.get(id) ?? 0) + 1);
    request.resume().on('end', () => response.end('{}'));
    response.on('close', () => {
      const seen = running.get(socket);
      setTimeout(() => {
        if (running.get(socket) !== seen || socket.destroyed) return;
        closed += 1;
        socket.destroy();
      }, some(usuallyMs));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ran,
    closed: () => closed,
  };
}

test('an upstream that closes idle connections at any moment costs no call, and runs each call once (E94)', async () => {
  const upstream = await startClosingUpstream();
  const network = createNetwork({ environment: {}, nowMs: Date.now });
  onTestFinished(() => network.close());
  const send = createSend(network);
  const failures: unknown[] = [];
  let next = 0;
  const call = async () => {
    while (next < calls) {
      const headers = { 'x-call': String((next += 1)), 'content-type': 'application/json', 'content-length': '2' };
      const request = { path: '/', method: 'POST', headers, body: Buffer.from('{}'), mayBePrivate: true } as const;
      try {
        const reply = await send.send({ ...request, origin: upstream.origin }, new AbortController().signal);
        await reply.read(() => undefined);
      } catch (error) {
        failures.push(error);
      }
      await pause(some(usuallyMs * 1.5));
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  expect(failures).toEqual([]);
  expect(upstream.ran.size).toBe(calls);
  expect([...upstream.ran.values()].filter((count) => count !== 1)).toEqual([]);
  expect(upstream.closed()).toBeGreaterThan(calls / 10);
}, 120_000);

import { once } from 'node:events';
import { request } from 'node:http';
import { createServer, connect as connectTcp, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { type Connect, ConnectionPool } from '#proxy/http1/connection-pool.ts';
import type { WireRequest } from '#proxy/http1/request-head.ts';

export const get: WireRequest = { method: 'GET', path: '/', headers: {}, body: null };

/** How an answer was read. */
export type Read =
  | { status: number; headers: Record<string, string | string[] | undefined>; body: string; isWhole: boolean }
  | { failure: string; isStale: boolean };

export const connectPlain: Connect = ({ hostname, port }, onOpen) => {
  const socket = connectTcp(Number(port), hostname);
  const refused = (error: Error) => onOpen(error, null);
  socket.once('error', refused).once('connect', () => {
    socket.off('error', refused);
    onOpen(null, socket);
  });
};

export function openPool(connect = connectPlain): ConnectionPool {
  const pool = new ConnectionPool({ connect, keptIdleMs: 30_000, silenceMs: 60_000 });
  onTestFinished(() => pool.destroy());
  return pool;
}

/** Sends a request and reads the whole answer. Resolves a turn later, when its connection is free. */
export function ask(pool: ConnectionPool, origin: string, asked = get, isFresh = false): Promise<Read> {
  return new Promise((resolve) => {
    const body: Buffer[] = [];
    let head: { status: number; headers: Record<string, string | string[] | undefined> } | null = null;
    const done = (isWhole: boolean) =>
      head && setImmediate(resolve, { ...head, body: Buffer.concat(body).toString('latin1'), isWhole });
    pool.send(
      origin,
      asked,
      {
        onHead: (status, headers) => (head = { status, headers: { ...headers } }),
        onBody: (bytes) => body.push(bytes),
        onEnd: () => done(true),
        onFailure: (error, isStale) => (head ? done(false) : resolve({ failure: error.message, isStale })),
      },
      isFresh,
    );
  });
}

/** The same by Node's own client, whose parser is the one at the front door. */
export function askNode(origin: string): Promise<Read> {
  return new Promise((resolve) => {
    const asked = request(origin, { agent: false }, (response) => {
      const body: Buffer[] = [];
      const { statusCode: status = 0, headers } = response;
      const done = (isWhole: boolean) =>
        resolve({ status, headers, body: Buffer.concat(body).toString('latin1'), isWhole });
      response
        .on('data', (bytes: Buffer) => body.push(bytes))
        .on('end', () => done(true))
        .on('error', () => done(false));
    });
    asked.on('error', (error) => resolve({ failure: error.message, isStale: false })).end();
  });
}

export interface RawServer {
  origin: string;
  sockets: Socket[];
}

/** Answers what comes at once with what `answer` says, in these pieces. */
export async function startRaw(
  answer: (requests: number, socket: Socket) => readonly (string | Buffer)[],
): Promise<RawServer> {
  const sockets: Socket[] = [];
  let requests = 0;
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('data', () => {
      requests += 1;
      for (const piece of answer(requests, socket)) socket.write(piece, 'latin1');
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets };
}

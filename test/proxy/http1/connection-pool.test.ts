import { once } from 'node:events';
import type { Socket } from 'node:net';
import { expect, test, vi } from 'vitest';
import type { Connect, ConnectionPool } from '#proxy/http1/connection-pool.ts';
import type { Exchange } from '#proxy/http1/exchange.ts';
import { ask, connectPlain, get, openPool, startRaw } from './ask-raw.ts';

const answer = (body: string, headers = '') =>
  `HTTP/1.1 200 OK\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`;
const whole = (body: string) => expect.objectContaining({ body, isWhole: true });

interface Sent {
  exchange: Exchange;
  seen: string[];
  /** Resolves with what ended it. */
  over: Promise<string>;
}

function send(pool: ConnectionPool, origin: string, onHead: (exchange: Exchange) => void = () => {}): Sent {
  const seen: string[] = [];
  const { promise: over, resolve } = Promise.withResolvers<string>();
  const exchange: Exchange = pool.send(origin, get, {
    onHead(status) {
      seen.push(String(status));
      onHead(exchange);
    },
    onBody: (bytes) => seen.push(bytes.toString()),
    // A turn later the connection is free.
    onEnd: () => setImmediate(resolve, 'end'),
    onFailure: (error) => resolve(error.message),
  });
  return { exchange, seen, over };
}

test('a connection is used again, the one that was used last first', async () => {
  const used: Socket[] = [];
  const server = await startRaw((_requests, socket) => {
    used.push(socket);
    return [answer('a')];
  });
  const pool = openPool();
  await Promise.all([ask(pool, server.origin), ask(pool, server.origin)]);
  for (let calls = 0; calls < 5; calls += 1) expect(await ask(pool, server.origin)).toEqual(whole('a'));
  expect(server.sockets).toHaveLength(2);
  expect(new Set(used.slice(2)).size).toBe(1);
});

test.each([
  ['the upstream closes it', answer('a', 'Connection: close\r\n')],
  ['the upstream will have closed it', answer('a', 'Keep-Alive: timeout=2\r\n')],
  ['bytes came that no request has asked for', `${answer('a')}HTTP/1.1 200 OK\r\n`],
])('it is not where %s', async (_, text) => {
  const server = await startRaw(() => [text]);
  const pool = openPool();
  await ask(pool, server.origin);
  await ask(pool, server.origin);
  expect(server.sockets).toHaveLength(2);
});

test('a request that must be fresh has a connection of its own, which is not kept', async () => {
  const server = await startRaw(() => [answer('a')]);
  const pool = openPool();
  await ask(pool, server.origin);
  await ask(pool, server.origin, get, true);
  await ask(pool, server.origin);
  expect(server.sockets).toHaveLength(2);
});

test('bytes to an idle connection close it', async () => {
  const server = await startRaw(() => [answer('a')]);
  const pool = openPool();
  await ask(pool, server.origin);
  const [first] = server.sockets;
  const closed = first && once(first, 'close');
  first?.write(answer('b'));
  await closed;
  expect(await ask(pool, server.origin)).toEqual(whole('a'));
  expect(server.sockets).toHaveLength(2);
});

test('an idle connection is closed after a while', async () => {
  const server = await startRaw(() => [answer('a')]);
  const pool = openPool();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  try {
    await ask(pool, server.origin);
    const [first] = server.sockets;
    const closed = first && once(first, 'close');
    vi.advanceTimersByTime(40_000);
    await closed;
  } finally {
    vi.useRealTimers();
  }
});

test('stale: only a connection that has served, and not a byte of this answer', async () => {
  const server = await startRaw((requests, socket) => {
    if (requests === 2) socket.destroy();
    if (requests === 4) socket.end('HTTP/1.1 2', 'latin1');
    return requests % 2 === 1 ? [answer('a')] : [];
  });
  const pool = openPool();
  await ask(pool, server.origin);
  expect(await ask(pool, server.origin)).toMatchObject({ isStale: true });
  await ask(pool, server.origin);
  expect(await ask(pool, server.origin)).toMatchObject({ isStale: false });
  const refusing = await startRaw((_requests, socket) => {
    socket.destroy();
    return [];
  });
  expect(await ask(pool, refusing.origin)).toMatchObject({ isStale: false });
});

test.each([
  ['a length that is not reached', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc'],
  ['chunks without a last one', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'],
])('an answer that ends early has failed: %s', async (_, text) => {
  const server = await startRaw((_requests, socket) => {
    socket.end(text, 'latin1');
    return [];
  });
  expect(await ask(openPool(), server.origin)).toMatchObject({ body: 'abc', isWhole: false });
});

test('after its end, an exchange reaches nothing: not the one that uses its connection next', async () => {
  const server = await startRaw(() => [answer('a')]);
  const pool = openPool();
  const first = send(pool, server.origin);
  await first.over;
  const second = send(pool, server.origin);
  first.exchange.pause();
  first.exchange.abort(new Error('too late'));
  expect(await second.over).toBe('end');
  expect(second.seen).toEqual(['200', 'a']);
  expect(server.sockets).toHaveLength(1);
});

test('an exchange that ended while it was paused leaves its connection in use', async () => {
  const server = await startRaw(() => [answer('a')]);
  const pool = openPool();
  const first = send(pool, server.origin, (exchange) => exchange.pause());
  expect(await first.over).toBe('end');
  expect(await send(pool, server.origin).over).toBe('end');
  expect(server.sockets).toHaveLength(1);
});

test('an exchange can be given up at every moment, and ends once', async () => {
  const server = await startRaw(() => [answer('abc')]);
  const pool = openPool();
  const stop = new Error('stop');
  const before = send(pool, server.origin);
  before.exchange.abort(stop);
  expect(await before.over).toBe('stop');
  const atHead = send(pool, server.origin, (exchange) => exchange.abort(stop));
  expect(await atHead.over).toBe('stop');
  expect(atHead.seen).toEqual(['200']);
  await pool.close();
});

test('a failure to connect, to write or to read is the failure of its request', async () => {
  const refused: Connect = (_address, onOpen) => onOpen(new Error('refused'), null);
  expect(await ask(openPool(refused), 'http://nowhere.example')).toMatchObject({ failure: 'refused', isStale: false });
  const server = await startRaw(() => ['nonsense\r\n\r\n']);
  expect(await ask(openPool(), server.origin)).toMatchObject({ failure: expect.stringMatching(/first line/) });
  const throwing: Connect = () => {
    throw new Error('no such address');
  };
  const pool = openPool(throwing);
  expect(await ask(pool, server.origin)).toMatchObject({ failure: 'no such address', isStale: false });
  await pool.close();
});

test('a request that cannot be written costs no connection', async () => {
  const server = await startRaw(() => [answer('a')]);
  const pool = openPool();
  await ask(pool, server.origin);
  const unwritable = { ...get, headers: { a: 'b\r\nc' } };
  await expect(ask(pool, server.origin, unwritable)).rejects.toMatchObject({ code: 'upstream_connection_error' });
  expect(await ask(pool, server.origin)).toEqual(whole('a'));
  expect(server.sockets).toHaveLength(1);
});

test('an answer that came behind another is never that of the next request, even if that follows at once', async () => {
  // It fills what one read takes, so that what follows comes with a read of its own, in the same turn.
  const headBytes = 'HTTP/1.1 200 OK\r\nContent-Length: 65491\r\n\r\n'.length;
  const full = answer('a'.repeat(65_536 - headBytes));
  expect(full).toHaveLength(65_536);
  const server = await startRaw((requests) => [requests === 1 ? full + answer('not asked for') : answer('b')]);
  const pool = openPool();
  const { promise: next, resolve } = Promise.withResolvers<unknown>();
  pool.send(server.origin, get, {
    onHead() {},
    onBody() {},
    onEnd: () => queueMicrotask(() => void ask(pool, server.origin).then(resolve)),
    onFailure: resolve,
  });
  expect(await next).toEqual(whole('b'));
});

test('what comes before a request was written is no answer to it, and the request may be sent by another', async () => {
  const server = await startRaw(() => [answer('a')]);
  const pool = openPool();
  const opened: Socket[] = [];
  const noting: Connect = (address, onOpen) =>
    connectPlain(address, (...result) => {
      if (result[1]) opened.push(result[1]);
      onOpen(...result);
    });
  const noted = openPool(noting);
  await Promise.all([ask(noted, server.origin), ask(noted, server.origin)]);
  // The second write of this turn waits for its end.
  const first = ask(noted, server.origin);
  const second = ask(noted, server.origin);
  const [one, other] = opened;
  one?.emit('data', Buffer.from(answer('of no one')));
  other?.emit('data', Buffer.from(answer('of no one')));
  const read = await Promise.all([first, second]);
  expect(read).toContainEqual(expect.objectContaining({ isStale: true }));
  await pool.close();
});

test('a request that is given up before it was written is not written', async () => {
  let requests = 0;
  const server = await startRaw((count) => {
    requests = count;
    return [answer('a')];
  });
  const pool = openPool();
  await Promise.all([ask(pool, server.origin), ask(pool, server.origin)]);
  const first = send(pool, server.origin);
  const second = send(pool, server.origin);
  second.exchange.abort(new Error('stop'));
  expect(await second.over).toBe('stop');
  expect(await first.over).toBe('end');
  await ask(pool, server.origin);
  expect(requests).toBe(4);
});

test('an address of IPv6 is connected to as such', async () => {
  const asked: string[] = [];
  const noting: Connect = ({ hostname, host }, onOpen) => {
    asked.push(hostname, host);
    onOpen(new Error('not today'), null);
  };
  await ask(openPool(noting), 'http://[::1]:8080');
  expect(asked).toEqual(['::1', '[::1]:8080']);
});

test('a connection that is cut behind an answer of no known length leaves it whole', async () => {
  const server = await startRaw((_requests, socket) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\nabc', 'latin1', () => setImmediate(() => socket.resetAndDestroy()));
    return [];
  });
  expect(await ask(openPool(), server.origin)).toEqual(whole('abc'));
});

test('close waits for what runs, and destroy ends it, also while it connects', async () => {
  const server = await startRaw(() => ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na']);
  const pool = openPool();
  const { promise: atBody, resolve } = Promise.withResolvers<void>();
  const running = send(pool, server.origin, () => resolve());
  await atBody;
  let isClosed = false;
  const closing = pool.close().then(() => (isClosed = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(isClosed).toBe(false);
  server.sockets[0]?.write('b');
  expect(await running.over).toBe('end');
  await closing;

  const opened: (() => void)[] = [];
  const late: Connect = (address, onOpen) => connectPlain(address, (...result) => opened.push(() => onOpen(...result)));
  const other = openPool(late);
  const connecting = send(other, server.origin);
  await vi.waitFor(() => expect(opened).toHaveLength(1));
  const destroying = other.destroy();
  for (const open of opened) open();
  expect(await connecting.over).not.toBe('end');
  await destroying;
  expect(() => send(other, server.origin)).toThrow(/closes its connections/);
});

test('a silent upstream is given up, but not while its reader has paused', async () => {
  let socket: Socket | null = null;
  const keep: Connect = (address, onOpen) =>
    connectPlain(address, (...result) => {
      [, socket] = result;
      onOpen(...result);
    });
  const server = await startRaw(() => ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na']);
  const pool = openPool(keep);
  const { promise: atHead, resolve } = Promise.withResolvers<void>();
  const sent = send(pool, server.origin, () => resolve());
  await atHead;
  sent.exchange.pause();
  (socket as Socket | null)?.emit('timeout');
  (socket as Socket | null)?.setTimeout(0);
  sent.exchange.resume();
  expect((socket as Socket | null)?.timeout).toBe(60_000);
  (socket as Socket | null)?.emit('timeout');
  expect(await sent.over).toMatch(/silent for too long/);
});

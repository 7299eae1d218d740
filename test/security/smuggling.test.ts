import { expect, test } from 'vitest';
import { startTestBackend } from '../support/start-test-backend.ts';
import { startMockUpstream } from '../support/fakes/mock-upstream.ts';
import { startCore } from '../core/gateway/start-core.ts';
import { exchange, type RawAnswer } from './raw-http.ts';

interface Listener {
  port: number;
  key: string;
}

/**
 * What a front server and this one might read as one request, two, or none. `headers` stand in a call whose bytes
 * behind the head are `rest`.
 */
interface Attack {
  name: string;
  headers: readonly string[];
  rest: string;
  /** How often the upstream may be asked at most: only of what is one whole request. */
  reaches?: 1;
}

const small = JSON.stringify({ model: 'gpt-5-nano', messages: [{ role: 'user', content: 'outer' }] });
const chunked = `${small.length.toString(16)}\r\n${small}\r\n0\r\n\r\n`;
const chunkedWith = (extension: string): string => `${small.length.toString(16)}${extension}\r\n${small}\r\n0\r\n\r\n`;
const length = `content-length: ${small.length}`;
const te = 'transfer-encoding: chunked';

/** A whole request of its own, which must never be seen where it hides behind another. */
const hidden = ({ port, key }: Listener): string =>
  `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\n` +
  `content-length: ${small.length}\r\n\r\n${small.replace('outer', 'inner')}`;

function attacks(hiddenRequest: string): Attack[] {
  const behind = `0\r\n\r\n${hiddenRequest}`;
  return [
    { name: 'CL.TE', headers: [length, te], rest: behind },
    { name: 'CL.TE, the length covers all', headers: [`content-length: ${behind.length}`, te], rest: behind },
    {
      name: 'TE.CL',
      headers: [te, 'content-length: 4'],
      rest: `${small.length.toString(16)}\r\n${small}\r\n${behind}`,
    },
    { name: 'TE.TE, two lines', headers: [te, 'transfer-encoding: identity'], rest: behind },
    { name: 'TE.TE, twice chunked', headers: [te, te], rest: behind },
    { name: 'TE with a list', headers: ['transfer-encoding: chunked, identity'], rest: behind },
    { name: 'TE gzip, chunked', headers: ['transfer-encoding: gzip, chunked'], rest: behind },
    { name: 'TE xchunked', headers: ['transfer-encoding: xchunked'], rest: behind },
    { name: 'TE with a tab', headers: ['transfer-encoding:\tchunked', 'content-length: 4'], rest: behind },
    { name: 'TE with a vertical tab', headers: ['transfer-encoding: \x0bchunked', 'content-length: 4'], rest: behind },
    { name: 'TE in quotes', headers: ['transfer-encoding: "chunked"', 'content-length: 4'], rest: behind },
    {
      name: 'TE with a space before its colon',
      headers: ['transfer-encoding : chunked', 'content-length: 4'],
      rest: behind,
    },
    { name: 'TE folded', headers: ['transfer-encoding:\r\n chunked', 'content-length: 4'], rest: behind },
    {
      name: 'TE behind a folded line',
      headers: ['x-a: b\r\n transfer-encoding: chunked', 'content-length: 4'],
      rest: behind,
    },
    {
      name: 'TE behind a bare line feed',
      headers: ['x-a: b\ntransfer-encoding: chunked', 'content-length: 4'],
      rest: behind,
    },
    {
      name: 'TE behind a bare carriage return',
      headers: ['x-a: b\rtransfer-encoding: chunked', 'content-length: 4'],
      rest: behind,
    },
    { name: 'TE with NUL', headers: ['transfer-encoding: chunked\0', 'content-length: 4'], rest: behind },
    { name: 'TE with a semicolon', headers: ['transfer-encoding: chunked;q=1', 'content-length: 4'], rest: behind },
    { name: 'two lengths that differ', headers: [length, 'content-length: 4'], rest: small + hiddenRequest },
    { name: 'a list of lengths', headers: [`content-length: ${small.length}, 4`], rest: small + hiddenRequest },
    { name: 'a length with a plus', headers: [`content-length: +${small.length}`], rest: small + hiddenRequest },
    { name: 'a negative length', headers: ['content-length: -1'], rest: small + hiddenRequest },
    {
      name: 'a length in hex',
      headers: [`content-length: 0x${small.length.toString(16)}`],
      rest: small + hiddenRequest,
    },
    { name: 'a length with a space inside', headers: ['content-length: 1 0'], rest: small + hiddenRequest },
    { name: 'a length with a dot', headers: [`content-length: ${small.length}.0`], rest: small + hiddenRequest },
    { name: 'an empty length', headers: ['content-length:'], rest: small + hiddenRequest },
    { name: 'a length beyond 64 bits', headers: ['content-length: 18446744073709551617'], rest: small + hiddenRequest },
    {
      name: 'a length with a space before its colon',
      headers: [`content-length : ${small.length}`],
      rest: small + hiddenRequest,
    },
    { name: 'a length with an underscore', headers: [`content_length: ${small.length}`], rest: small + hiddenRequest },
    { name: 'a header name with NUL', headers: ['x\0y: 1', length], rest: small + hiddenRequest },
    { name: 'a header name with a space', headers: ['x y: 1', length], rest: small + hiddenRequest },
    { name: 'a header without a colon', headers: ['nonsense', length], rest: small + hiddenRequest },
    { name: 'an empty header name', headers: [': x', length], rest: small + hiddenRequest },
    { name: 'a chunk size with a plus', headers: [te], rest: `+${chunked}${hiddenRequest}` },
    { name: 'a chunk size with 0x', headers: [te], rest: `0x${chunked}${hiddenRequest}` },
    { name: 'a chunk size with a minus', headers: [te], rest: `-1\r\n${small}\r\n0\r\n\r\n${hiddenRequest}` },
    {
      name: 'a chunk size beyond 64 bits',
      headers: [te],
      rest: `ffffffffffffffffff\r\n${small}\r\n0\r\n\r\n${hiddenRequest}`,
    },
    { name: 'a chunk size with a space before it', headers: [te], rest: ` ${chunked}${hiddenRequest}` },
    {
      name: 'a chunk that ends in a bare line feed',
      headers: [te],
      rest: `${small.length.toString(16)}\n${small}\n0\n\n${hiddenRequest}`,
    },
    {
      name: 'a chunk without its end',
      headers: [te],
      rest: `${small.length.toString(16)}\r\n${small}0\r\n\r\n${hiddenRequest}`,
    },
    { name: 'a chunk extension of 20 KiB', headers: [te], rest: chunkedWith(`;${'x'.repeat(20_480)}`) + hiddenRequest },
    { name: 'a chunk extension with a bare line feed', headers: [te], rest: chunkedWith(';a\nb') + hiddenRequest },
    {
      name: 'trailers that name a length',
      headers: [te],
      rest: chunked.replace(/\r\n$/, 'content-length: 4\r\n\r\n') + hiddenRequest,
    },
    {
      name: 'an upgrade to h2c',
      headers: [
        'connection: upgrade, http2-settings',
        'upgrade: h2c',
        'http2-settings: AAMAAABkAARAAAAAAAIAAAAA',
        length,
      ],
      rest: small,
      reaches: 1,
    },
    {
      name: 'an upgrade to a web socket',
      headers: ['connection: upgrade', 'upgrade: websocket', length],
      rest: small + hiddenRequest,
    },
    {
      name: 'an upgrade of TLS',
      headers: ['connection: upgrade', 'upgrade: TLS/1.2', length],
      rest: small + hiddenRequest,
    },
  ];
}

/** Whole requests that only look odd: one answer each, in order, and each is asked for once. */
const odd: Attack[] = [
  { name: 'the same length twice', headers: [length, length], rest: small, reaches: 1 },
  { name: 'a chunk extension', headers: [te, 'connection: close'], rest: chunkedWith(';a=b'), reaches: 1 },
  {
    name: 'split by escapes in a value',
    headers: [length, 'connection: close', 'x-a: b%0d%0ahost: evil.example'],
    rest: small,
    reaches: 1,
  },
  {
    name: 'a hop header that names what counts',
    headers: [length, 'connection: close, content-length, host, authorization'],
    rest: small,
    reaches: 1,
  },
];

const others: [string, string][] = [
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['HTTP/0.9', 'GET /healthz\r\n\r\n'],
  ['HTTP/1.2', 'GET /healthz HTTP/1.2\r\nhost: x\r\n\r\n'],
  ['HTTP/9.9', 'GET /healthz HTTP/9.9\r\nhost: x\r\n\r\n'],
  ['a method with a space', 'GE T /healthz HTTP/1.1\r\nhost: x\r\n\r\n'],
  ['a method that is none', 'HACK /healthz HTTP/1.1\r\nhost: x\r\n\r\n'],
  ['a target with a line feed', 'GET /health\nz HTTP/1.1\r\nhost: x\r\n\r\n'],
  ['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ['bytes', `\xff\xfe\xfd${'\0'.repeat(200)}\r\n\r\n`],
];

async function expectNothingBehind(listener: Listener, received: () => number): Promise<void> {
  const head = (headers: readonly string[]): string =>
    [
      'POST /v1/chat/completions HTTP/1.1',
      `host: 127.0.0.1:${listener.port}`,
      `authorization: Bearer ${listener.key}`,
      'content-type: application/json',
      ...headers,
    ].join('\r\n');
  const wrong: unknown[] = [];
  for (const { name, headers, rest, reaches } of [...attacks(hidden(listener)), ...odd]) {
    const before = received();
    const answer = await exchange(
      listener.port,
      `${head(headers)}\r\n\r\n${rest}`,
      (text) => reaches === 1 && /HTTP\/1\.1 200/.test(text),
    );
    const reached = received() - before;
    const isRight =
      reaches === 1 ? isOneAnswer(answer) && reached <= 1 : isOneRefusalAndClosed(answer) && reached === 0;
    if (!isRight) wrong.push([name, answer.statuses, answer.isClosed, reached, answer.text.slice(-200)]);
  }
  for (const [name, bytes] of others) {
    const before = received();
    const answer = await exchange(listener.port, bytes);
    if (!isOneRefusalAndClosed(answer) || received() !== before)
      wrong.push([name, answer.statuses, answer.isClosed, answer.text.slice(0, 120)]);
  }
  expect(wrong).toEqual([]);
}

function isOneRefusalAndClosed({ statuses, isClosed }: RawAnswer): boolean {
  const [status = 400] = statuses;
  return statuses.length <= 1 && status >= 400 && status < 500 && isClosed;
}

function isOneAnswer({ statuses }: RawAnswer): boolean {
  const [status = 0] = statuses;
  return statuses.length === 1 && status < 500;
}

/** As many as are sent are answered, in order, each once. */
async function expectPipelined(listener: Listener, received: () => number): Promise<void> {
  const before = received();
  const count = 20;
  const bytes =
    hidden(listener).repeat(count - 1) + hidden(listener).replace('content-type', 'connection: close\r\ncontent-type');
  const answer = await exchange(listener.port, bytes);
  expect(answer.statuses).toEqual(Array.from({ length: count }, () => 200));
  expect(received() - before).toBe(count);
  const mixed = await exchange(
    listener.port,
    `GET /healthz HTTP/1.1\r\nhost: 127.0.0.1:${listener.port}\r\n\r\nGET /nothing HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n`,
  );
  expect(mixed.statuses).toEqual([200, 403]);
  const old = await exchange(
    listener.port,
    `GET /healthz HTTP/1.0\r\nhost: 127.0.0.1:${listener.port}\r\nconnection: keep-alive\r\n\r\nGET /healthz HTTP/1.0\r\nhost: 127.0.0.1:${listener.port}\r\n\r\n`,
  );
  expect(old.statuses.every((status) => status === 200)).toBe(true);
}

test('the app’s gateway sees one request, or refuses and closes (A4)', { timeout: 60_000 }, async () => {
  const upstream = await startMockUpstream();
  const core = await startCore();
  const key = await core.addProvider('mock', 'openai', upstream.origin, 'sk-upstream');
  const listener = { port: Number(new URL(core.url).port), key };
  await expectNothingBehind(listener, () => upstream.received.length);
  await expectPipelined(listener, () => upstream.received.length);
  await upstream.close();
});

test('the service sees one request, or refuses and closes', { timeout: 60_000 }, async () => {
  const upstream = await startMockUpstream();
  const openai = [
    {
      name: 'mock',
      baseUrl: upstream.origin,
      dialectFamily: 'openai' as const,
      apiKey: 'sk-upstream',
      priority: 0,
      weight: 1,
    },
  ];
  await using service = await startTestBackend({ pools: { openai } });
  const listener = { port: Number(new URL(service.baseUrl).port), key: service.customerKey };
  await expectNothingBehind(listener, () => upstream.received.length);
  await expectPipelined(listener, () => upstream.received.length);
  await upstream.close();
});

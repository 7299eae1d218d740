import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ResponseHead, MalformedResponse } from '#proxy/http1/response-head.ts';
import { ResponseReader } from '#proxy/http1/response-reader.ts';

interface ReadParts {
  heads: ResponseHead[];
  body: string;
  ends: boolean[];
}

function readPieces(pieces: readonly Buffer[], isClosed = false): ReadParts {
  const read: ReadParts = { heads: [], body: '', ends: [] };
  const reader = new ResponseReader({
    onHead: (head) => read.heads.push(head),
    onBody: (bytes) => (read.body += bytes.toString('latin1')),
    onEnd: (hasMore) => read.ends.push(hasMore),
  });
  reader.begin();
  for (const piece of pieces) reader.read(piece);
  if (isClosed) reader.readEnd();
  return read;
}

const whole = (text: string) => readPieces([Buffer.from(text, 'latin1')]);

/** Text cut at some places. */
function cut(text: string, places: readonly number[]): Buffer[] {
  const bytes = Buffer.from(text, 'latin1');
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

const latinCharacter = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
const latin = fc.string({ unit: latinCharacter, maxLength: 300 });
const name = fc
  .stringMatching(/^[a-z][a-z0-9-]{0,10}$/)
  .filter((text) => !/^(content-length|transfer-encoding|connection|link|x)$/.test(text));
const value = fc.stringMatching(/^[\x21-\x7e\x80-\xff]([\t\x20-\x7e\x80-\xff]{0,20}[\x21-\x7e\x80-\xff])?$/);
const places = fc.array(fc.nat(5_000), { maxLength: 12 });
const extension = fc.constantFrom('', ';a=b', ';x="y z"');
const trailers = fc.constantFrom('', 'X-Sum: 1\r\n', 'a: b\r\nc: d\r\n');

function chunked(parts: readonly string[], more: string, trailer: string): string {
  const chunks = parts.filter((part) => part !== '').map((part) => `${part.length.toString(16)}${more}\r\n${part}\r\n`);
  return `${chunks.join('')}0${more}\r\n${trailer}\r\n`;
}

const framings = fc.oneof(
  latin.map((body) => ({ header: `Content-Length: ${body.length}`, wire: body, body, isClosed: false })),
  fc
    .record({ parts: fc.array(latin, { maxLength: 5 }), more: extension, trailer: trailers })
    .map(({ parts, more, trailer }) => ({
      header: 'Transfer-Encoding: Chunked',
      wire: chunked(parts, more, trailer),
      body: parts.join(''),
      isClosed: false,
    })),
  latin.map((body) => ({ header: 'X: y', wire: body, body, isClosed: true })),
);

test('an answer is the same however it is cut', () => {
  const headerSets = fc.dictionary(name, value, { maxKeys: 6 });
  fc.assert(
    fc.property(headerSets, framings, places, fc.nat(2), (headers, framing, at, interim) => {
      const lines = Object.entries(headers).map(([one, text]) => `${one}: ${text}\r\n`);
      const head = `HTTP/1.1 200 OK\r\n${lines.join('')}${framing.header}\r\n\r\n`;
      const text = `${'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(interim)}${head}${framing.wire}`;
      const read = readPieces(cut(text, at), framing.isClosed);
      expect(read.body).toBe(framing.body);
      expect(read.heads).toHaveLength(1);
      for (const [one, expected] of Object.entries(headers)) expect(read.heads[0]?.headers[one]).toBe(expected);
      expect(read.ends).toEqual([false]);
    }),
    { numRuns: 500 },
  );
});

test('an end says whether bytes follow that were not asked for', () => {
  expect(whole('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200').ends).toEqual([true]);
  expect(whole('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nx').ends).toEqual([true]);
  expect(whole('HTTP/1.1 204 No Content\r\n\r\nx')).toMatchObject({ body: '', ends: [true] });
  expect(whole('HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n')).toMatchObject({ body: '', ends: [false] });
});

test.each([
  ['kept', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', true],
  ['1.1 that closes', 'HTTP/1.1 200 OK\r\nConnection: Foo, Close\r\nContent-Length: 0\r\n\r\n', false],
  ['1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n', false],
  ['1.0 that is kept', 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n', true],
  ['until it closes', 'HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n', false],
  ['of a proxy that closes', 'HTTP/1.1 200 OK\r\nProxy-Connection: close\r\nContent-Length: 0\r\n\r\n', false],
  ['1.0 with a word like it', 'HTTP/1.0 200 OK\r\nConnection: not-keep-alive\r\nContent-Length: 0\r\n\r\n', false],
  ['a word that only ends in close', 'HTTP/1.1 200 OK\r\nConnection: x-close\r\nContent-Length: 0\r\n\r\n', true],
])('connection: %s', (_, text, keepsOpen) => {
  expect(whole(text).heads[0]?.keepsOpen).toBe(keepsOpen);
});

test('headers keep their bytes, and names that every object has are names like others', () => {
  const lines = ['X-A:  \t a b ', 'x-a: c', 'Set-Cookie: 1', 'Empty:', 'constructor: x', '__proto__: y'];
  const text = `HTTP/1.1 200 \r\n${lines.join('\r\n')}\r\nLatin: \xfc\xa0\r\nContent-Length: 0\r\n\r\n`;
  const { headers } = whole(text).heads[0] ?? { headers: {} };
  expect(Object.entries(headers)).toEqual([
    ['x-a', ['a b', 'c']],
    ['set-cookie', '1'],
    ['empty', ''],
    ['constructor', 'x'],
    ['__proto__', 'y'],
    ['latin', '\xfc\xa0'],
    ['content-length', '0'],
  ]);
  expect(headers['toString']).toBeUndefined();
});

const ok = 'HTTP/1.1 200 OK\r\n';
test.each([
  ['another protocol', 'ICY 200 OK\r\n\r\n'],
  ['another version', 'HTTP/2.0 200 OK\r\n\r\n'],
  ['no status', 'HTTP/1.1 OK\r\n\r\n'],
  ['a status below 100', 'HTTP/1.1 099 No\r\n\r\n'],
  ['lines without CR', 'HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n'],
  ['a CR inside', `${ok}A: b\rc\r\n\r\n`],
  ['a NUL', `${ok}A: b\0c\r\n\r\n`],
  ['a space before the colon', `${ok}Content-Length : 0\r\n\r\n`],
  ['a line that begins with a space, first', `${ok} A: b\r\n\r\n`],
  ['a value that goes on in the next line', `${ok}A: b\r\n c\r\n\r\n`],
  ['a coding with a tab behind it', `${ok}Transfer-Encoding: chunked\t\r\n\r\n0\r\n\r\n`],
  ['a length in a trailer', `${ok}Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 3\r\n\r\n`],
  ['a trailer that is no header', `${ok}Transfer-Encoding: chunked\r\n\r\n0\r\n A: b\r\n\r\n`],
  ['no name', `${ok}: b\r\n\r\n`],
  ['no colon', `${ok}A\r\n\r\n`],
  ['two lengths', `${ok}Content-Length: 1\r\nContent-Length: 1\r\n\r\nx`],
  ['lengths in one', `${ok}Content-Length: 1, 1\r\n\r\nx`],
  ['a signed length', `${ok}Content-Length: +1\r\n\r\nx`],
  ['an empty length', `${ok}Content-Length:\r\n\r\n`],
  ['a hexadecimal length', `${ok}Content-Length: 0x1\r\n\r\nx`],
  ['a length beside chunks', `${ok}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['another coding', `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
  [
    'a length beside chunks where no body is',
    'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n',
  ],
  ['two lengths where no body is', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n'],
  ['chunked twice', `${ok}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['another protocol from here', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n'],
  ['an interim answer that is the last', 'HTTP/1.1 103 Early Hints\r\nConnection: close\r\n\r\n'],
  ['no size', `${ok}Transfer-Encoding: chunked\r\n\r\n\r\n`],
  ['a signed size', `${ok}Transfer-Encoding: chunked\r\n\r\n-1\r\n`],
  ['a size of more digits than can be', `${ok}Transfer-Encoding: chunked\r\n\r\n1000000000000\r\n`],
  ['a space after the size', `${ok}Transfer-Encoding: chunked\r\n\r\n1 \r\nx\r\n0\r\n\r\n`],
  ['a size without CR', `${ok}Transfer-Encoding: chunked\r\n\r\n1\nx\r\n0\r\n\r\n`],
  ['a chunk that is longer than its size', `${ok}Transfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n0\r\n\r\n`],
  ['an extension with a line break', `${ok}Transfer-Encoding: chunked\r\n\r\n1;a\nb\r\nx\r\n0\r\n\r\n`],
])('malformed: %s', (_, text) => {
  expect(() => whole(text)).toThrow(MalformedResponse);
  const bytes = [...Buffer.from(text, 'latin1')].map((byte) => Buffer.from([byte]));
  expect(() => readPieces(bytes)).toThrow(MalformedResponse);
});

test('what has no end is bounded: a head, interim answers, extensions, trailers', () => {
  const much = 'x'.repeat(70_000);
  for (const text of [
    `${ok}A: ${much}`,
    `${ok}A: ${much}\r\n\r\n`,
    'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(3_000),
    `${ok}Transfer-Encoding: chunked\r\n\r\n1;${much}`,
    `${ok}Transfer-Encoding: chunked\r\n\r\n0\r\n${'a: b\r\n'.repeat(20_000)}`,
  ])
    expect(() => whole(text)).toThrow(MalformedResponse);
});

test('chunks may have extensions as long as a body has chunks', () => {
  const chunks = '1;a=12345\r\nx\r\n'.repeat(20_000);
  expect(whole(`${ok}Transfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`).body).toHaveLength(20_000);
});

test('empty lines before an answer are skipped, however they are cut', () => {
  fc.assert(
    fc.property(fc.nat(3), places, (lines, at) => {
      const text = `${'\r\n'.repeat(lines)}${ok}Content-Length: 2\r\n\r\nok`;
      expect(readPieces(cut(text, at))).toMatchObject({ body: 'ok', ends: [false] });
    }),
  );
});

test.each([
  ['a banner of SSH', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ['an alert of TLS', '\x15\x03\x01\x00\x02\x02\x46'],
  ['a head whose lines end otherwise', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n'],
  ['the same later', 'HTTP/1.1 200 OK\r\nA: b\nC: d'],
])('what will never be an answer is not waited for: %s', (_, text) => {
  expect(() => whole(text)).toThrow(MalformedResponse);
  const bytes = [...Buffer.from(text, 'latin1')].map((byte) => Buffer.from([byte]));
  expect(() => readPieces(bytes)).toThrow(MalformedResponse);
});

test('who stops inside an answer gets nothing more of it', () => {
  for (const framing of [
    'Content-Length: 0\r\n\r\n',
    'Content-Length: 3\r\n\r\nabc',
    'Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n',
  ]) {
    const seen: string[] = [];
    const reader: ResponseReader = new ResponseReader({
      onHead() {
        seen.push('head');
        reader.stop();
      },
      onBody: () => seen.push('body'),
      onEnd: () => seen.push('end'),
    });
    reader.begin();
    reader.read(Buffer.from(ok + framing));
    expect(seen).toEqual(['head']);
  }
});

test('nor who stops inside a body', () => {
  const seen: string[] = [];
  const reader: ResponseReader = new ResponseReader({
    onHead() {},
    onBody(bytes) {
      seen.push(bytes.toString());
      reader.stop();
    },
    onEnd: () => seen.push('end'),
  });
  reader.begin();
  reader.read(Buffer.from(`${ok}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n`));
  expect(seen).toEqual(['a']);
});

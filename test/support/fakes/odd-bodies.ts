import { gzipSync } from 'node:zlib';

const json = '{"a":1}';
const chunk = (text: string) => `${Buffer.byteLength(text, 'latin1').toString(16)}\r\n${text}\r\n`;
const typed = 'content-type: application/json\r\n';
const form = 'content-type: application/x-www-form-urlencoded\r\n';
const whole = (body: string, headers = typed) => `${headers}content-length: ${body.length}\r\n\r\n${body}`;
const chunked = (body: string, headers = typed) => `${headers}transfer-encoding: chunked\r\n\r\n${body}0\r\n\r\n`;

/**
 * Ways to send a body, legal, odd and wrong: what stands behind the request line and the usual headers, as latin1 text.
 */
export const oddBodies: Readonly<Record<string, string>> = {
  'no body and no type': '\r\n',
  'no body': `${typed}\r\n`,
  'an empty body': whole(''),
  'JSON with its length': whole(json),
  'JSON in chunks': chunked(chunk(json)),
  'JSON in one-byte chunks': chunked([...json].map(chunk).join('')),
  'chunks and nothing in them': chunked(''),
  'chunks with extensions': chunked(`7;x=y\r\n${json}\r\n`),
  'chunks and trailers': `${typed}transfer-encoding: chunked\r\n\r\n${chunk(json)}0\r\nx-a: b\r\n\r\n`,
  'Expect: 100-continue': `expect: 100-continue\r\n${whole(json)}`,
  'chunks with Expect: 100-continue': `expect: 100-continue\r\n${chunked(chunk(json))}`,
  'another expectation': `expect: tea\r\n${whole(json)}`,
  null: whole('null'),
  'a number': whole('7'),
  'a list': whole('[[[]]]'),
  'no JSON': whole('{"a":'),
  'bytes that are no text': whole('\xff\xfe\x00'),
  'a deep value': whole('['.repeat(20_000)),
  'a form': whole('a=1&code=%00', form),
  'a form in chunks': chunked(chunk('a=1&email=x%40example.com'), form),
  'another type': whole('hello', 'content-type: text/plain\r\n'),
  'a type that is none': whole(json, 'content-type: ;;;\r\n'),
  'parts of a form': whole('--x\r\n', 'content-type: multipart/form-data; boundary=x\r\n'),
  compressed: whole(gzipSync(json).toString('latin1'), `${typed}content-encoding: gzip\r\n`),
  'said to be compressed': whole(json, `${typed}content-encoding: br\r\n`),
  'larger than any limit': whole('x'.repeat(3_000_000)),
  'larger than any limit, in chunks': chunked(chunk('x'.repeat(1_500_000)).repeat(2)),
  'a broken chunk': `${typed}transfer-encoding: chunked\r\n\r\nzz\r\n`,
};

/** The same cut in its middle: the client hangs up. */
export const brokenOff: Readonly<Record<string, string>> = {
  'half of what was promised': `${typed}content-length: 1000\r\n\r\n{"a"`,
  'half a chunk': `${typed}transfer-encoding: chunked\r\n\r\nff\r\n{"a"`,
  'no last chunk': `${typed}transfer-encoding: chunked\r\n\r\n${chunk(json)}`,
};

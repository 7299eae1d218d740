import type { IncomingHttpHeaders } from 'node:http';
import { remembered } from '#shared/remembered.ts';

/** What came is not HTTP/1.1, so where the answer ends is not known. Its connection is of no further use. */
export class MalformedResponse extends Error {
  readonly code = 'MALFORMED_RESPONSE';
}

/** Where a body ends: after so many bytes, after its last chunk, or with the connection. */
export type Framing = { kind: 'length'; bytes: number } | { kind: 'chunked' } | { kind: 'until-close' };

export interface ResponseHead {
  status: number;
  /** By their names in lower case; several of one name as a list. A byte is a character, as Node writes them again. */
  headers: IncomingHttpHeaders;
  framing: Framing;
  /** Whether the connection can carry another request. */
  keepsOpen: boolean;
}

const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: .*)?$/;
/** Also a CR or LF that does not end a line together with the other. */
const notInLine = /[^\t\x20-\x7e\x80-\xff]/;
const token = /^[!#$%&'*+.^_`|~\w-]+$/;
const length = /^\d{1,15}$/;
const mostNames = 500;
/** Longer ones are not remembered. */
const longestUsualName = 64;
const empty: Framing = { kind: 'length', bytes: 0 };

/** A header's name in lower case; empty: it is none. */
const readName = (name: string): string => (token.test(name) ? name.toLowerCase() : '');
const readUsualName = remembered(mostNames, readName);

/** No name of a header finds anything here that no upstream has sent. */
const noHeaders: object = Object.create(null);

/**
 * Reads a response's head, without the empty line that ends it. As strict as the parser of Node at the front door: what
 * two readers could read differently is no answer. Throws `MalformedResponse`.
 */
export function parseHead(text: string): ResponseHead {
  const lines = text.split('\r\n');
  const [, minor, digits] = statusLine.exec(lines[0] ?? '') ?? [];
  if (digits === undefined) throw new MalformedResponse('The first line is none of HTTP/1.1.');
  const headers = readHeaders(lines);
  const status = Number(digits);
  const framing = framingOf(status, headers);
  return { status, headers, framing, keepsOpen: framing.kind !== 'until-close' && isKept(headers, minor === '1') };
}

function readHeaders(lines: readonly string[]): IncomingHttpHeaders {
  const headers: IncomingHttpHeaders = Object.create(noHeaders);
  for (let index = 1; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    const name = nameOf(line);
    add(headers, name, trimmed(line, line.indexOf(':') + 1));
  }
  return headers;
}

/** The name in a header's line. Throws `MalformedResponse` where it is none, or its value cannot be one. */
export function nameOf(line: string): string {
  const colon = line.indexOf(':');
  const written = line.slice(0, Math.max(0, colon));
  const name = colon > longestUsualName ? readName(written) : readUsualName(written);
  if (name === '') throw new MalformedResponse('A line of the head is no header.');
  if (notInLine.test(line)) throw new MalformedResponse('A header has a character that none has.');
  return name;
}

/** Without the spaces and tabs around it, and without what else `trim` takes for space. */
function trimmed(line: string, from: number): string {
  let start = from;
  let end = line.length;
  while (start < end && isSpace(line.charCodeAt(start))) start += 1;
  while (end > start && isSpace(line.charCodeAt(end - 1))) end -= 1;
  return line.slice(start, end);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function add(headers: IncomingHttpHeaders, name: string, value: string): void {
  const before = headers[name];
  if (before === undefined) headers[name] = value;
  else if (typeof before === 'string') headers[name] = [before, value];
  else before.push(value);
}

/** RFC 9112, 6.3. */
function framingOf(status: number, headers: IncomingHttpHeaders): Framing {
  const framing = announcedFraming(headers);
  return status < 200 || status === 204 || status === 304 ? empty : framing;
}

function announcedFraming(headers: IncomingHttpHeaders): Framing {
  const coding = headers['transfer-encoding'];
  const bytes = headers['content-length'];
  if (coding !== undefined) {
    if (typeof coding !== 'string' || coding.toLowerCase() !== 'chunked')
      throw new MalformedResponse('The body is in a transfer coding that was not asked for.');
    if (bytes !== undefined) throw new MalformedResponse('The body has two lengths.');
    return { kind: 'chunked' };
  }
  if (bytes === undefined) return { kind: 'until-close' };
  if (typeof bytes !== 'string' || !length.test(bytes)) throw new MalformedResponse('The length is no number.');
  return { kind: 'length', bytes: Number(bytes) };
}

function isKept(headers: IncomingHttpHeaders, isVersion11: boolean): boolean {
  if (hasOption(headers.connection, 'close') || hasOption(headers['proxy-connection'], 'close')) return false;
  return isVersion11 || hasOption(headers.connection, 'keep-alive');
}

function hasOption(header: string | string[] | undefined, option: string): boolean {
  if (header === undefined) return false;
  const options = header.toString().toLowerCase();
  return options === option || options.split(/[ \t]*,[ \t]*/).includes(option);
}

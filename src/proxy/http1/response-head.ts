import type { IncomingHttpHeaders } from 'node:http';
import { remembered } from '#shared/remembered.ts';
import { CR, isText, LF, SPACE, TAB, token } from './characters.ts';

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
  const [first, from] = nextLine(text, 0);
  const [, minor, digits] = statusLine.exec(first) ?? [];
  if (digits === undefined) throw new MalformedResponse('The first line is none of HTTP/1.1.');
  const headers: IncomingHttpHeaders = Object.create(noHeaders);
  for (let at = from; at < text.length; at = readHeader(text, at, headers));
  const status = Number(digits);
  const framing = framingOf(status, headers);
  return { status, headers, framing, keepsOpen: framing.kind !== 'until-close' && isKept(headers, minor === '1') };
}

const COLON = 0x3a;

/** @returns the line that begins at a place, and where the next one does */
function nextLine(text: string, from: number): [string, number] {
  const end = endOfLine(text, from);
  return [text.slice(from, end), end + 2];
}

/** Where the CR of a line is, or the end of the text. Throws for what no line has. */
function endOfLine(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === CR && text.charCodeAt(at + 1) === LF) return at;
    if (!isText(code)) throw new MalformedResponse('The head has a character that none has.');
  }
  return text.length;
}

/** Adds the header whose line begins at a place. @returns where the next line begins */
export function readHeader(text: string, from: number, headers: IncomingHttpHeaders): number {
  const end = endOfLine(text, from);
  let colon = from;
  while (colon < end && text.charCodeAt(colon) !== COLON) colon += 1;
  const written = text.slice(from, colon);
  const name = written.length > longestUsualName ? readName(written) : readUsualName(written);
  if (name === '' || colon === end) throw new MalformedResponse('A line of the head is no header.');
  let begin = colon + 1;
  let last = end;
  while (begin < last && isSpace(text.charCodeAt(begin))) begin += 1;
  // A tab at the end stays: Node's parser reads a coding with one otherwise than without, so here it is refused.
  while (last > begin && text.charCodeAt(last - 1) === SPACE) last -= 1;
  add(headers, name, text.slice(begin, last));
  return end + 2;
}

function isSpace(code: number): boolean {
  return code === SPACE || code === TAB;
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
  return options === option || options.split(',').some((one) => withoutSpaces(one) === option);
}

/** Without a regular expression: one that looks for spaces at an end begins again at each of many in the middle. */
function withoutSpaces(text: string): string {
  let begin = 0;
  let end = text.length;
  while (begin < end && isSpace(text.charCodeAt(begin))) begin += 1;
  while (end > begin && isSpace(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(begin, end);
}

import { requestLimits } from '#proxy/body/json-walk.ts';
import { parseWithTexts } from '#proxy/body/parse-in-turns.ts';
import { workedOnAtOnceUpToBytes } from '#proxy/turns/in-turns.ts';
import { CorvusError } from '#shared/errors.ts';
import { refuseTwice } from '#proxy/body/member-names.ts';
import { refuseEscapedName, refuseTwiceNamed } from './refuse-names.ts';

/** All names and values that matter are shorter. */
const longestBytes = 48;
const prefixBytes = 24;
const [quote, backslash, colon, space] = [0x22, 0x5c, 0x3a, 0x20];
const byteOrderMark = '\ufeff';

/**
 * A JSON body with its long strings cut to their beginning: small enough to be parsed at once, however large the body
 * is. The beginning of a string shows what it refers to. Escapes in the rest of a cut string are dropped, so it may
 * read differently but never as another kind. Names stay whole, and each stands once in its object. Throws
 * `invalid_json`, `bad_request` with the member's name.
 */
export function outlineOf(body: Buffer): unknown {
  const pieces: string[] = [];
  let from = 0;
  let names = 0;
  for (let start = body.indexOf(quote); start !== -1;) {
    const end = endOfString(body, start);
    if (isName(body, end)) {
      names += 1;
      refuseEscapedName(body, start, end);
    } else if (end - start > longestBytes) {
      pieces.push(body.toString('utf8', from, start), JSON.stringify(beginningOf(body, start + 1)));
      from = end;
    }
    start = body.indexOf(quote, end);
  }
  pieces.push(body.toString('utf8', from));
  const outline = parse(pieces.join(''));
  if (countNames(outline) !== names) refuseTwiceNamed(body);
  return outline;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text.startsWith(byteOrderMark) ? text.slice(1) : text);
  } catch (error) {
    throw new CorvusError('invalid_json', undefined, {}, error);
  }
}

/** Whether the string that ends here is a member's name. */
function isName(body: Buffer, end: number): boolean {
  let next = end;
  while ((body[next] ?? colon) <= space) next += 1;
  return body[next] === colon;
}

/** A name that stands twice in an object is parsed once. */
function countNames(outline: unknown): number {
  const open = [outline];
  let names = 0;
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    const members: unknown[] = Object.values(value);
    if (!Array.isArray(value)) names += members.length;
    for (const member of members) if (typeof member === 'object') open.push(member);
  }
  return names;
}

/** The same; a large body yields to other work in between. Throws also `json_too_complex`. */
export async function outlineInTurns(body: Buffer): Promise<unknown> {
  if (body.length <= workedOnAtOnceUpToBytes) return outlineOf(body);
  return parseWithTexts(body, requestLimits, {
    readName(start, end) {
      refuseEscapedName(body, start, end);
      return readString(body, start, end);
    },
    readText: (start, end) =>
      end - start > longestBytes ? beginningOf(body, start + 1) : readString(body, start, end),
    refuseTwice,
  });
}

function readString(body: Buffer, start: number, end: number): string {
  return String(parse(body.toString('utf8', start, end)));
}

/** Index just behind the closing quote of the string that opens at `start`. */
function endOfString(body: Buffer, start: number): number {
  for (let end = body.indexOf(quote, start + 1); end !== -1; end = body.indexOf(quote, end + 1)) {
    let slashes = 0;
    while (body[end - 1 - slashes] === backslash) slashes += 1;
    if (slashes % 2 === 0) return end + 1;
  }
  throw new CorvusError('invalid_json');
}

function beginningOf(body: Buffer, start: number): string {
  return body.toString('latin1', start, start + prefixBytes).replaceAll('\\', '');
}

import { parseKeepingDigits } from '#shared/dialects/exact-json.ts';
import { asObject, type JsonObject } from '#shared/dialects/json-value.ts';
import { CorvusError } from '#shared/errors.ts';
import { createJsonWalk, type JsonLimits, type JsonListener } from './json-walk.ts';
import { nextTurn, workedOnAtOnceUpToBytes, workPerTurn } from '../turns/in-turns.ts';

/** Limits for a body that is parsed and rebuilt: each of these costs a hundred times what walking it costs. */
const parsedLimits: JsonLimits = { depth: 256, names: 75_000, nameBytes: 4096, values: 75_000, scalars: 200_000 };

const backslash = 0x5c;
const byteOrderMark = /^\ufeff/;

/** A text too long to be decoded at once, and where it belongs. */
interface LongText {
  start: number;
  end: number;
  put(text: string): void;
}

/** A JSON object as values. A large one is parsed one piece per turn. Throws `invalid_json`, `json_too_complex`. */
export async function parseInTurns(body: Buffer): Promise<JsonObject> {
  if (body.length <= workedOnAtOnceUpToBytes) return parseAtOnce(body);
  return buildInTurns(body, createBuilder(body, decoding(body)), parsedLimits);
}

/** How names and strings are read; positions with their quotes. */
interface TextReaders {
  readName(start: number, end: number): string;
  readText(start: number, end: number): string;
  /** Called for a name that stands twice in its object. Absent: the last one counts. */
  refuseTwice?(name: string): never;
}

function decoding(body: Buffer): TextReaders {
  const read = (start: number, end: number): string => decodeText(body, start + 1, end - 1);
  return { readName: read, readText: read };
}

/** The same of a large body, with strings and names as `readers` reads them. */
export function parseWithTexts(body: Buffer, limits: JsonLimits, readers: TextReaders): Promise<JsonObject> {
  return buildInTurns(body, createBuilder(body, readers, readers.readText), limits);
}

async function buildInTurns(
  body: Buffer,
  { listener, root, longTexts }: Builder,
  limits: JsonLimits,
): Promise<JsonObject> {
  const walk = createJsonWalk(body, listener, limits);
  let isOver = false;
  while (!isOver) {
    await nextTurn();
    isOver = walk.step(workPerTurn);
    for (const text of longTexts.splice(0)) text.put(await decodeLongText(body, text));
  }
  return root;
}

function parseAtOnce(body: Buffer): JsonObject {
  try {
    const object = asObject(parseKeepingDigits(body.toString('utf8').replace(byteOrderMark, '')));
    if (object) return object;
  } catch (error) {
    throw new CorvusError('invalid_json', undefined, {}, error);
  }
  throw new CorvusError('invalid_json');
}

interface Builder {
  listener: JsonListener;
  root: JsonObject;
  longTexts: LongText[];
}

/** @param readLong reads a text that is too long to be decoded at once; absent: it is decoded in turns */
function createBuilder(
  body: Buffer,
  { readName, readText, refuseTwice }: TextReaders,
  readLong?: (start: number, end: number) => string,
): Builder {
  const root: Record<string, unknown> = {};
  const longTexts: LongText[] = [];
  const open: (Record<string, unknown> | unknown[])[] = [];
  const names: string[] = [];

  const put = (value: unknown) => {
    const into = open.at(-1);
    if (Array.isArray(into)) into.push(value);
    else if (into) setMember(into, names.at(-1) ?? '', value);
  };
  const listener: JsonListener = {
    open(_start, isObject) {
      const value = open.length === 0 ? root : isObject ? {} : [];
      put(value);
      open.push(value);
      names.push('');
    },
    close() {
      open.pop();
      names.pop();
    },
    name(start, end) {
      const name = readName(start, end);
      if (refuseTwice && Object.hasOwn(open.at(-1) ?? root, name)) refuseTwice(name);
      names[names.length - 1] = name;
    },
    text(start, end) {
      if (end - start <= workedOnAtOnceUpToBytes) return put(readText(start, end));
      if (readLong) return put(readLong(start, end));
      put('');
      const into = open.at(-1);
      const key = Array.isArray(into) ? String(into.length - 1) : (names.at(-1) ?? '');
      longTexts.push({ start: start + 1, end: end - 1, put: (text) => void (into && setMember(into, key, text)) });
    },
    scalar: (start, end) => put(parseKeepingDigits(body.toString('latin1', start, end))),
  };
  return { listener, root, longTexts };
}

function setMember(object: object, name: string, value: unknown): void {
  // Assigning it would change the object's prototype; parsed, it is an ordinary member.
  if (name === '__proto__')
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  else Reflect.set(object, name, value);
}

async function decodeLongText(body: Buffer, { start, end }: LongText): Promise<string> {
  let text = '';
  for (let at = start; at < end;) {
    await nextTurn();
    const cut = cutBefore(body, at, Math.min(end, at + workedOnAtOnceUpToBytes), end);
    text += decodeText(body, at, cut);
    at = cut;
  }
  return text;
}

/** The text between two quotes. */
function decodeText(body: Buffer, start: number, end: number): string {
  const text = body.toString('utf8', start, end);
  if (!text.includes('\\') && !hasControls.test(text)) return text;
  try {
    return String(JSON.parse(`"${text}"`));
  } catch (error) {
    throw new CorvusError('invalid_json', undefined, {}, error);
  }
}

// eslint-disable-next-line no-control-regex -- these are what is looked for
const hasControls = /[\u0000-\u001f]/;

/** The last position before `cut` that lies neither in a character nor in an escape; `start` is such a position. */
function cutBefore(body: Buffer, start: number, cut: number, end: number): number {
  if (cut === end) return cut;
  let at = cut;
  for (let back = 0; back < 3 && ((body[at] ?? 0) & 0xc0) === 0x80; back += 1) at -= 1;
  for (let digits = 0; digits <= 4; digits += 1) {
    const escape = at - 2 - digits;
    if (escape >= start && body[escape + 1] === 0x75 && endsInBackslash(body, start, escape + 1)) return escape;
  }
  return endsInBackslash(body, start, at) ? at - 1 : at;
}

/** Whether the byte before `at` is a backslash that begins an escape. */
function endsInBackslash(body: Buffer, start: number, at: number): boolean {
  let count = 0;
  while (at - 1 - count >= start && body[at - 1 - count] === backslash) count += 1;
  return count % 2 === 1;
}

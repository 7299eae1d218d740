import { CorvusError } from '#shared/errors.ts';

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** What a JSON text may have at most. Counts, because they and not its bytes are what a parse of it costs. */
export interface JsonLimits {
  depth: number;
  /** Members of all objects together. */
  names: number;
  nameBytes: number;
  /** Objects, lists and strings. */
  values: number;
  /** Numbers, true, false and null: the cheapest of all. */
  scalars: number;
}

/** A conversation of a million tokens with hundreds of tools has a tenth of it. */
export const requestLimits: JsonLimits = { depth: 256, names: 200_000, nameBytes: 64 * 1024, values: 200_000, scalars: 500_000 };

/** Hears a JSON text's structure as it is walked through; positions are of the first byte and of the one behind the last. */
export interface JsonListener {
  open(start: number, isObject: boolean): void;
  close(end: number): void;
  /** A member's name, with its quotes. */
  name(start: number, end: number): void;
  /** A string that is a value, with its quotes. */
  text(start: number, end: number): void;
  /** A number, true, false or null. */
  scalar(start: number, end: number): void;
}

export interface JsonWalk {
  /** Goes on for about this much work; true once the text is over. Throws `invalid_json`, `json_too_complex`. */
  step(work: number): boolean;
  /** All work so far: one for a byte that is looked at, more for what costs more. */
  readonly work: number;
}

type Expected = 'value' | 'value-or-end' | 'name' | 'name-or-end' | 'colon' | 'comma-or-end' | 'nothing';

const workOfToken = 16;
const workOfEvent = 32;
/** Up to here the bytes of a string are looked at one by one; beyond, it is skipped to its next quote or escape. */
const shortRun = 256;
/** A skipped byte costs this much less than one that is looked at: as a power of two. */
const skippedShift = 5;
/** Up to here every byte is checked, as a parser would. */
const checkedWholeUpToBytes = 256 * 1024;
const longestScalar = 1024;
const wholeNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/**
 * Walks through the bytes of a JSON object, strictly, in linear time, and in steps: whoever has a large text to walk through lets
 * others have their turn in between. Counts everything as it goes, so that nothing is parsed that would cost too much.
 * A leading byte order mark and white space around the object are no fault; anything else outside of it is.
 */
export function createJsonWalk(bytes: Buffer, listener: JsonListener, limits: JsonLimits): JsonWalk {
  const { length } = bytes;
  const isObjectAt: boolean[] = [];
  const runLimit = length <= checkedWholeUpToBytes ? length : shortRun;
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  let expected: Expected = 'value';
  let depth = 0;
  let work = 0;
  let names = 0;
  let values = 0;
  let scalars = 0;
  /** Where the string began that is being read; -1 between strings. */
  let stringStart = -1;
  let isName = false;
  // Found once and good until passed, so that no byte is searched twice.
  let nextQuote = -1;
  let nextBackslash = -1;

  function token(): void {
    if (stringStart !== -1) return readString();
    work += workOfToken;
    switch (bytes[at]) {
      case 0x20:
      case 0x0a:
      case 0x0d:
      case 0x09:
        return skipSpace();
      case quote:
        isName = expected === 'name' || expected === 'name-or-end';
        if (!isName) beginValue();
        stringStart = at;
        at += 1;
        return readString();
      case openBrace:
        return open(true);
      case openBracket:
        return open(false);
      case closeBrace:
        return close(true);
      case closeBracket:
        return close(false);
      case colon:
        if (expected !== 'colon') throw new CorvusError('invalid_json');
        expected = 'value';
        at += 1;
        return;
      case comma:
        if (expected !== 'comma-or-end') throw new CorvusError('invalid_json');
        expected = isObjectAt[depth] === true ? 'name' : 'value';
        at += 1;
        return;
      default:
        return readScalar();
    }
  }

  function skipSpace(): void {
    const end = Math.min(length, at + shortRun);
    let index = at + 1;
    while (index < end && isSpace(bytes[index])) index += 1;
    work += index - at;
    at = index;
  }

  function beginValue(): void {
    if (expected !== 'value' && expected !== 'value-or-end') throw new CorvusError('invalid_json');
    if (depth === 0 && bytes[at] !== openBrace) throw new CorvusError('invalid_json', 'The request body must be a JSON object.');
  }

  function endValue(): void {
    expected = depth === 0 ? 'nothing' : 'comma-or-end';
  }

  function open(isObject: boolean): void {
    beginValue();
    depth += 1;
    values += 1;
    if (depth > limits.depth || values > limits.values) throw new CorvusError('json_too_complex');
    isObjectAt[depth] = isObject;
    expected = isObject ? 'name-or-end' : 'value-or-end';
    work += workOfEvent;
    listener.open(at, isObject);
    at += 1;
  }

  function close(isObject: boolean): void {
    const isHere = depth > 0 && isObjectAt[depth] === isObject;
    const mayEnd = expected === 'comma-or-end' || expected === (isObject ? 'name-or-end' : 'value-or-end');
    if (!isHere || !mayEnd) throw new CorvusError('invalid_json');
    depth -= 1;
    at += 1;
    endValue();
    listener.close(at);
  }

  /** Goes on with the string that is open: a run of its bytes one by one, then a leap to what comes next. */
  function readString(): void {
    const end = Math.min(length, at + runLimit);
    const index = endOfRun(bytes, at, end);
    work += index - at;
    at = index;
    if (index >= length) throw new CorvusError('invalid_json');
    if (bytes[index] !== quote || index >= end) return leap();
    at += 1;
    endString();
  }

  function leap(): void {
    if (nextQuote < at) nextQuote = bytes.indexOf(quote, at);
    if (nextQuote === -1) throw new CorvusError('invalid_json');
    if (nextBackslash < at) nextBackslash = bytes.indexOf(backslash, at);
    if (nextBackslash === -1) nextBackslash = length;
    const target = Math.min(nextQuote, nextBackslash);
    work += (target - at) >> skippedShift;
    at = target;
  }

  function endString(): void {
    const start = stringStart;
    stringStart = -1;
    work += workOfEvent;
    if (isName) {
      names += 1;
      if (names > limits.names || at - start > limits.nameBytes) throw new CorvusError('json_too_complex');
      expected = 'colon';
      listener.name(start, at);
    } else {
      values += 1;
      if (values > limits.values) throw new CorvusError('json_too_complex');
      endValue();
      listener.text(start, at);
    }
  }

  function readScalar(): void {
    beginValue();
    const start = at;
    const end = Math.min(length, start + longestScalar);
    while (at < end && isOfScalar(bytes[at])) at += 1;
    scalars += 1;
    if (at - start >= longestScalar || scalars > limits.scalars) throw new CorvusError('json_too_complex');
    const text = bytes.toString('latin1', start, at);
    if (text !== 'true' && text !== 'false' && text !== 'null' && !wholeNumber.test(text)) throw new CorvusError('invalid_json');
    work += workOfEvent + (at - start);
    endValue();
    listener.scalar(start, at);
  }

  return {
    step(budget) {
      const until = work + budget;
      while (at < length) {
        if (work >= until) return false;
        token();
      }
      if (expected !== 'nothing') throw new CorvusError('invalid_json');
      return true;
    },
    get work() {
      return work;
    },
  };
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Digits, letters, signs and the point. */
function isOfScalar(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (
    (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x7a) || byte === 0x2e || byte === 0x2d || byte === 0x2b || byte === 0x45
  );
}

/** Goes over a string's bytes and escapes: index of the quote that closes it, or of what comes behind the run. */
function endOfRun(bytes: Buffer, start: number, end: number): number {
  let index = start;
  while (index < end) {
    const byte = bytes[index];
    if (byte === quote) break;
    if (byte === backslash) index = endOfEscape(bytes, index);
    else if (byte === undefined || byte < 0x20) throw new CorvusError('invalid_json');
    else index += 1;
  }
  return index;
}

/** Index behind the escape that begins at this backslash. */
function endOfEscape(bytes: Buffer, start: number): number {
  switch (bytes[start + 1]) {
    case quote:
    case backslash:
    case 0x2f:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return start + 2;
    case 0x75:
      for (let index = start + 2; index < start + 6; index += 1) if (!isHex(bytes[index])) throw new CorvusError('invalid_json');
      return start + 6;
    default:
      throw new CorvusError('invalid_json');
  }
}

function isHex(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}

import { CorvusError } from '#shared/errors.ts';
import { endOfRun, isOfScalar, isSpace } from './json-bytes.ts';

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** Limits of a JSON text. They are counts, because counts and not bytes decide what parsing costs. */
export interface JsonLimits {
  depth: number;
  /** Members of all objects together. */
  names: number;
  nameBytes: number;
  /** Objects, lists and strings. */
  values: number;
  /** Numbers, true, false and null: the cheapest to parse. */
  scalars: number;
}

/** A conversation of a million tokens with hundreds of tools uses a tenth of this. */
export const requestLimits: JsonLimits = {
  depth: 256,
  names: 200_000,
  nameBytes: 64 * 1024,
  values: 200_000,
  scalars: 500_000,
};

/** Receives a JSON text's structure as it is walked. Positions are of the first byte and of the byte after the last. */
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
  /** Continues for about this much work; true once the text is over. Throws `invalid_json`, `json_too_complex`. */
  step(work: number): boolean;
  /** All work so far: one per byte that is examined, more for what costs more. */
  readonly work: number;
}

type Expected = 'value' | 'value-or-end' | 'name' | 'name-or-end' | 'colon' | 'comma-or-end' | 'nothing';

const workOfToken = 16;
const workOfEvent = 32;
/** A string's bytes are examined one by one up to here; beyond, the walk skips to its next quote or escape. */
const shortRun = 256;
/** How much cheaper a skipped byte is than an examined one, as a power of two. */
const skippedShift = 5;
/** Up to here every byte is checked, as a parser would. */
const checkedWholeUpToBytes = 256 * 1024;
const longestScalar = 1024;
const wholeNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/**
 * Walks through the bytes of a JSON object, strictly, in linear time and in steps, so that the caller can yield to
 * other work in between. Counts everything on the way, so that nothing is parsed that would cost too much. Allows a
 * leading byte order mark and white space around the object, and nothing else outside it.
 */
export function createJsonWalk(bytes: Buffer, listener: JsonListener, limits: JsonLimits): JsonWalk {
  return new Walk(bytes, listener, limits);
}

class Walk implements JsonWalk {
  work = 0;
  private readonly bytes: Buffer;
  private readonly words: DataView;
  private readonly listener: JsonListener;
  private readonly limits: JsonLimits;
  private readonly runLimit: number;
  private at: number;
  private expected: Expected = 'value';
  private depth = 0;
  private readonly isObjectAt: boolean[] = [];
  private names = 0;
  private values = 0;
  private scalars = 0;
  /** Where the current string began; -1 between strings. */
  private stringStart = -1;
  private isName = false;
  // Found once and valid until passed, so that no byte is searched twice.
  private nextQuote = -1;
  private nextBackslash = -1;

  constructor(bytes: Buffer, listener: JsonListener, limits: JsonLimits) {
    this.bytes = bytes;
    this.words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.listener = listener;
    this.limits = limits;
    this.runLimit = bytes.length <= checkedWholeUpToBytes ? bytes.length : shortRun;
    this.at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  }

  step(budget: number): boolean {
    const until = this.work + budget;
    while (this.at < this.bytes.length) {
      if (this.work >= until) return false;
      this.token();
    }
    if (this.expected !== 'nothing') throw new CorvusError('invalid_json');
    return true;
  }

  private token(): void {
    if (this.stringStart !== -1) return this.readString();
    this.work += workOfToken;
    switch (this.bytes[this.at]) {
      case 0x20:
      case 0x0a:
      case 0x0d:
      case 0x09:
        return this.skipSpace();
      case quote:
        this.isName = this.expected === 'name' || this.expected === 'name-or-end';
        if (!this.isName) this.beginValue();
        this.stringStart = this.at;
        this.at += 1;
        return this.readString();
      case openBrace:
        return this.open(true);
      case openBracket:
        return this.open(false);
      case closeBrace:
        return this.close(true);
      case closeBracket:
        return this.close(false);
      case colon:
        if (this.expected !== 'colon') throw new CorvusError('invalid_json');
        this.expected = 'value';
        this.at += 1;
        return;
      case comma:
        if (this.expected !== 'comma-or-end') throw new CorvusError('invalid_json');
        this.expected = this.isObjectAt[this.depth] === true ? 'name' : 'value';
        this.at += 1;
        return;
      default:
        return this.readScalar();
    }
  }

  private skipSpace(): void {
    const end = Math.min(this.bytes.length, this.at + shortRun);
    let index = this.at + 1;
    while (index < end && isSpace(this.bytes[index])) index += 1;
    this.work += index - this.at;
    this.at = index;
  }

  private beginValue(): void {
    if (this.expected !== 'value' && this.expected !== 'value-or-end') throw new CorvusError('invalid_json');
    if (this.depth === 0 && this.bytes[this.at] !== openBrace)
      throw new CorvusError('invalid_json', 'The request body must be a JSON object.');
  }

  private endValue(): void {
    this.expected = this.depth === 0 ? 'nothing' : 'comma-or-end';
  }

  private open(isObject: boolean): void {
    this.beginValue();
    this.depth += 1;
    this.values += 1;
    if (this.depth > this.limits.depth || this.values > this.limits.values) throw new CorvusError('json_too_complex');
    this.isObjectAt[this.depth] = isObject;
    this.expected = isObject ? 'name-or-end' : 'value-or-end';
    this.work += workOfEvent;
    this.listener.open(this.at, isObject);
    this.at += 1;
  }

  private close(isObject: boolean): void {
    const isHere = this.depth > 0 && this.isObjectAt[this.depth] === isObject;
    const mayEnd = this.expected === 'comma-or-end' || this.expected === (isObject ? 'name-or-end' : 'value-or-end');
    if (!isHere || !mayEnd) throw new CorvusError('invalid_json');
    this.depth -= 1;
    this.at += 1;
    this.endValue();
    this.listener.close(this.at);
  }

  /** Continues with the open string: a run of its bytes one by one, then a jump to what comes next. */
  private readString(): void {
    const end = Math.min(this.bytes.length, this.at + this.runLimit);
    const index = endOfRun(this.bytes, this.words, this.at, end);
    this.work += index - this.at;
    this.at = index;
    if (index >= this.bytes.length) throw new CorvusError('invalid_json');
    if (this.bytes[index] !== quote || index >= end) return this.leap();
    this.at += 1;
    this.endString();
  }

  private leap(): void {
    if (this.nextQuote < this.at) this.nextQuote = this.bytes.indexOf(quote, this.at);
    if (this.nextQuote === -1) throw new CorvusError('invalid_json');
    if (this.nextBackslash < this.at) this.nextBackslash = this.bytes.indexOf(backslash, this.at);
    if (this.nextBackslash === -1) this.nextBackslash = this.bytes.length;
    const target = Math.min(this.nextQuote, this.nextBackslash);
    this.work += (target - this.at) >> skippedShift;
    this.at = target;
  }

  private endString(): void {
    const start = this.stringStart;
    this.stringStart = -1;
    this.work += workOfEvent;
    if (this.isName) {
      this.names += 1;
      if (this.names > this.limits.names || this.at - start > this.limits.nameBytes)
        throw new CorvusError('json_too_complex');
      this.expected = 'colon';
      this.listener.name(start, this.at);
    } else {
      this.values += 1;
      if (this.values > this.limits.values) throw new CorvusError('json_too_complex');
      this.endValue();
      this.listener.text(start, this.at);
    }
  }

  private readScalar(): void {
    this.beginValue();
    const start = this.at;
    const end = Math.min(this.bytes.length, start + longestScalar);
    while (this.at < end && isOfScalar(this.bytes[this.at])) this.at += 1;
    this.scalars += 1;
    if (this.at - start >= longestScalar || this.scalars > this.limits.scalars)
      throw new CorvusError('json_too_complex');
    const text = this.bytes.toString('latin1', start, this.at);
    if (text !== 'true' && text !== 'false' && text !== 'null' && !wholeNumber.test(text))
      throw new CorvusError('invalid_json');
    this.work += workOfEvent + (this.at - start);
    this.endValue();
    this.listener.scalar(start, this.at);
  }
}

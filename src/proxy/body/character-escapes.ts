/** `escapeAt` returns these where there is no escape, and where an escape's end has not arrived. */
const noEscape = 0;
const cutEscape = -1;
/** The longest escape that is read. */
export const longestEscape = 32;

const percent = 0x25;
const ampersand = 0x26;
const hash = 0x23;
const slash = 0x2f;
const semicolon = 0x3b;
const backslash = 0x5c;
const lowerU = 0x75;
const lowerX = 0x78;
const upperX = 0x58;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const amp = [0x61, 0x6d, 0x70, 0x3b];
const mostNested = 4;

/** Whether an escape, or a part of one, may end with this byte. */
export function mayEndEscape(byte: number): boolean {
  return isEscapeByte[byte] === 1;
}

const isEscapeByte = new Uint8Array(256);
for (const byte of Buffer.from('0123456789abcdefABCDEF%&#;/\\uxX{}amp')) isEscapeByte[byte] = 1;

/** The first whole escape; -1 if there is none. */
export function indexOfEscape(bytes: Uint8Array): number {
  const { length } = bytes;
  for (let at = 0; at < length; at += 1) {
    const byte = bytes[at];
    if ((byte === backslash || byte === percent || byte === ampersand) && escapeAt(bytes, at, length) > 0) return at;
  }
  return -1;
}

/** Where an escape begins whose end has not arrived; the length if there is none. */
export function indexOfCutEscape(bytes: Uint8Array): number {
  for (let at = Math.max(0, bytes.length - longestEscape); at < bytes.length; at += 1) {
    if (escapeAt(bytes, at, bytes.length) === cutEscape) return at;
  }
  return bytes.length;
}

/**
 * `bytes[from..end)` with its escapes undone, and where each of its bytes begins (and the last one ends) in the
 * original.
 */
export function unescape(bytes: Uint8Array, from: number, end: number): { plain: Uint8Array; places: Uint32Array } {
  const plain = new Uint8Array(end - from);
  const places = new Uint32Array(end - from + 1);
  let length = 0;
  for (let at = from; at < end; length += 1) {
    const escape = escapeAt(bytes, at, end);
    places[length] = at;
    plain[length] = escape > 0 ? escape & 0xff : (bytes[at] ?? 0);
    at += escape > 0 ? escape >>> 8 : 1;
  }
  places[length] = end;
  return { plain: plain.subarray(0, length), places };
}

/**
 * The printable ASCII character that is written at `at` as an escape of JSON, URLs, or HTML, also where one text was
 * put into another and escaped again: its code plus 256 times the length of the escape; `noEscape`; or `cutEscape`.
 */
function escapeAt(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at];
  if (first === percent) return percentAt(bytes, at, end);
  if (first === backslash) return backslashAt(bytes, at, end);
  return first === ampersand ? entityAt(bytes, at, end) : noEscape;
}

function found(code: number, length: number): number {
  return code >= 0x20 && code < 0x7f ? code + 256 * length : noEscape;
}

/** `%73`, `%2573`. */
function percentAt(bytes: Uint8Array, at: number, end: number): number {
  for (let next = at + 1, depth = 0; depth < mostNested; next += 2, depth += 1) {
    const code = hexAt(bytes, next, 2, end);
    if (code < 0) return code === cutEscape ? cutEscape : noEscape;
    if (code !== percent) return found(code, next + 2 - at);
  }
  return noEscape;
}

/** `\u0073`, `\\u0073`, `\u{73}`, `\x73`, `\/`. */
function backslashAt(bytes: Uint8Array, at: number, end: number): number {
  let next = at + 1;
  while (next < end && bytes[next] === backslash && next - at < 2 * mostNested) next += 1;
  if (next >= end) return cutEscape;
  const kind = bytes[next];
  if (kind === slash) return found(slash, next + 1 - at);
  if (kind === lowerX) return closed(bytes, at, next + 1, 2, end);
  if (kind !== lowerU) return noEscape;
  if (next + 1 >= end) return cutEscape;
  return bytes[next + 1] === openBrace ? bracedAt(bytes, at, next + 2, end) : closed(bytes, at, next + 1, 4, end);
}

function closed(bytes: Uint8Array, at: number, digitsAt: number, digits: number, end: number): number {
  const code = hexAt(bytes, digitsAt, digits, end);
  if (code < 0) return code === cutEscape ? cutEscape : noEscape;
  return found(code, digitsAt + digits - at);
}

function bracedAt(bytes: Uint8Array, at: number, digitsAt: number, end: number): number {
  let code = 0;
  for (let next = digitsAt; next < digitsAt + 7; next += 1) {
    if (next >= end) return cutEscape;
    if (bytes[next] === closeBrace) return found(code, next + 1 - at);
    const digit = digitOf(bytes[next], 16);
    if (digit < 0) return noEscape;
    code = code * 16 + digit;
  }
  return noEscape;
}

/** `&#115;`, `&#x73;`, `&amp;#115;`. */
function entityAt(bytes: Uint8Array, at: number, end: number): number {
  let next = at + 1;
  for (let depth = 0; depth < mostNested && bytes[next] === amp[0]; depth += 1) {
    for (const byte of amp) {
      if (next >= end) return cutEscape;
      if (bytes[next] !== byte) return noEscape;
      next += 1;
    }
  }
  if (next >= end) return cutEscape;
  if (bytes[next] !== hash) return noEscape;
  next += 1;
  const isHex = bytes[next] === lowerX || bytes[next] === upperX;
  const radix = isHex ? 16 : 10;
  if (isHex) next += 1;
  const digitsAt = next;
  let code = 0;
  for (; next < digitsAt + 8; next += 1) {
    if (next >= end) return cutEscape;
    const digit = digitOf(bytes[next], radix);
    if (digit < 0) break;
    code = code * radix + digit;
  }
  if (next === digitsAt) return noEscape;
  return found(code, next + (bytes[next] === semicolon ? 1 : 0) - at);
}

function hexAt(bytes: Uint8Array, at: number, digits: number, end: number): number {
  let code = 0;
  for (let next = at; next < at + digits; next += 1) {
    if (next >= end) return cutEscape;
    const digit = digitOf(bytes[next], 16);
    if (digit < 0) return -2;
    code = code * 16 + digit;
  }
  return code;
}

function digitOf(byte: number | undefined, radix: number): number {
  if (byte === undefined) return -1;
  const digit = byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x57;
  const isLetter = byte > 0x39;
  if (digit < 0 || digit >= radix || (isLetter && digit < 10)) return -1;
  return digit;
}

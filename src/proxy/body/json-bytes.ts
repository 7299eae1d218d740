import { CorvusError } from '#shared/errors.ts';

const quote = 0x22;
const backslash = 0x5c;

export function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Digits, letters, signs and the point. */
export function isOfScalar(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x2e ||
    byte === 0x2d ||
    byte === 0x2b ||
    byte === 0x45
  );
}

/** Walks a string's bytes and escapes. @returns the index of the closing quote, or of the byte after the run. */
export function endOfRun(bytes: DataView, start: number, end: number): number {
  let index = start;
  while (index < end) {
    index = skipPlainWords(bytes, index, end);
    // What stopped it is one of the next four.
    const near = Math.min(index + 4, end);
    while (index < near && isPlain(bytes.getUint8(index))) index += 1;
    if (index === near) continue;
    const byte = bytes.getUint8(index);
    if (byte === quote) break;
    if (byte !== backslash) throw new CorvusError('invalid_json');
    index = endOfEscape(bytes, index);
  }
  return index;
}

function isPlain(byte: number): boolean {
  return byte >= firstPlain && byte !== quote && byte !== backslash;
}

/** The first byte that may stand in a string as it is. */
const firstPlain = 0x20;
const eachByte = 0x01010101;
const highestBits = 0x80808080;
const quotes = quote * eachByte;
const backslashes = backslash * eachByte;
const firstPlains = firstPlain * eachByte;

/** Skips four bytes at once while none of them is a quote, a backslash or a control character. */
function skipPlainWords(bytes: DataView, start: number, end: number): number {
  const lastWord = end - 4;
  let index = start;
  while (index <= lastWord) {
    const word = bytes.getInt32(index, true);
    const noQuote = word ^ quotes;
    const noBackslash = word ^ backslashes;
    // A byte below n borrows when n is subtracted, which sets its highest bit; in one above 0x7f that bit is set anyway.
    const low =
      ((word - firstPlains) & ~word) | ((noQuote - eachByte) & ~noQuote) | ((noBackslash - eachByte) & ~noBackslash);
    if ((low & highestBits) !== 0) break;
    index += 4;
  }
  return index;
}

/** Index after the escape that begins at this backslash. */
function endOfEscape(bytes: DataView, start: number): number {
  switch (byteAt(bytes, start + 1)) {
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
      for (let index = start + 2; index < start + 6; index += 1)
        if (!isHex(byteAt(bytes, index))) throw new CorvusError('invalid_json');
      return start + 6;
    default:
      throw new CorvusError('invalid_json');
  }
}

/** -1: beyond the end. */
function byteAt(bytes: DataView, index: number): number {
  return index < bytes.byteLength ? bytes.getUint8(index) : -1;
}

function isHex(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}

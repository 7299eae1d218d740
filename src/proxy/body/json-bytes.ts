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

/**
 * Walks a string's bytes and escapes. @param words the same bytes
 * @returns the index of the closing quote, or of the byte after the run
 */
export function endOfRun(bytes: Buffer, words: DataView, start: number, end: number): number {
  let index = start;
  let wordsFrom = start + singleBytes;
  while (index < end) {
    const byte = bytes[index];
    if (byte === quote) break;
    if (byte === backslash) {
      index = endOfEscape(bytes, index);
      wordsFrom = index + singleBytes;
    } else if (byte === undefined || byte < firstPlain) throw new CorvusError('invalid_json');
    else {
      index += 1;
      if (index < wordsFrom) continue;
      index = skipPlainWords(words, index, end);
      wordsFrom = index + singleBytes;
    }
  }
  return index;
}

/** Between escapes that are closer than this, to look at four bytes at once costs more than it spares. */
const singleBytes = 12;
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
      for (let index = start + 2; index < start + 6; index += 1)
        if (!isHex(bytes[index])) throw new CorvusError('invalid_json');
      return start + 6;
    default:
      throw new CorvusError('invalid_json');
  }
}

function isHex(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}

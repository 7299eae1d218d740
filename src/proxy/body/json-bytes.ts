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
export function endOfRun(bytes: Buffer, start: number, end: number): number {
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

import type { Changing } from '../changing.ts';

const quote = 34;
const backslash = 92;
const slash = 47;
const letterU = 117;
const escapedUnitDigits = 4;

/** Reads a JSON string from its bytes, in pieces, without keeping it. */
export interface StringMeter {
  /** Begins after the opening quote. @param headLimit how much of its text is wanted */
  begin(headLimit: number): void;
  /** @returns where the string's part in this chunk ends */
  read(chunk: Uint8Array, from: number): number;
  /** The closing quote has not come yet. */
  readonly isOpen: boolean;
  /** Its length so far, in UTF-8, without escapes. */
  readonly bytes: number;
  /** Its beginning. */
  readonly head: string;
}

export function createStringMeter(): StringMeter {
  let limit = 0;
  /** Characters read of an escape sequence; null outside of one. */
  let escape: number | null = null;
  let digits = '';

  function takeText(chunk: Uint8Array, from: number, to: number): void {
    meter.bytes += to - from;
    for (let index = from; index < to && meter.head.length < limit; index += 1)
      meter.head += String.fromCharCode(chunk[index] ?? 0);
  }

  function takeCharacter(unit: number): void {
    meter.bytes += lengthOf(unit);
    if (meter.head.length < limit) meter.head += String.fromCharCode(unit);
    escape = null;
  }

  function takeEscape(byte: number, read: number): void {
    if (read === 0 && byte !== letterU) return takeCharacter(byte === slash ? slash : backslash);
    if (read > 0) digits += String.fromCharCode(byte);
    escape = read + 1;
    if (read < escapedUnitDigits) return;
    takeCharacter(Number.parseInt(digits, 16));
    digits = '';
  }

  const meter: Changing<StringMeter> = {
    isOpen: false,
    bytes: 0,
    head: '',
    begin(headLimit) {
      meter.isOpen = true;
      meter.bytes = 0;
      meter.head = '';
      limit = headLimit;
    },
    read(chunk, from) {
      let index = from;
      while (index < chunk.length) {
        if (escape !== null) {
          takeEscape(chunk[index] ?? 0, escape);
          index += 1;
          continue;
        }
        const start = index;
        while (index < chunk.length && chunk[index] !== quote && chunk[index] !== backslash) index += 1;
        takeText(chunk, start, index);
        if (index === chunk.length) return index;
        meter.isOpen = chunk[index] !== quote;
        index += 1;
        if (!meter.isOpen) return index;
        escape = 0;
      }
      return index;
    },
  };
  return meter;
}

/** Each half of a surrogate pair is half of four bytes. */
function lengthOf(unit: number): number {
  if (unit < 0x80) return 1;
  return unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 2 : 3;
}

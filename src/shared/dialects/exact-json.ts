/**
 * JSON whose numbers keep their digits. A double holds 53 bits; ids of other systems have 64. A number that a double
 * would change is kept as its original text (`JSON.rawJSON`) and written out unchanged.
 */

declare global {
  interface JSON {
    rawJSON(text: string): object;
    isRawJSON(value: unknown): value is { readonly rawJSON: string };
    parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
  }
}

const [quote, backslash, zero, nine] = [0x22, 0x5c, 0x30, 0x39];
const [minus, plus, point, upperE, lowerE] = [0x2d, 0x2b, 0x2e, 0x45, 0x65];
/** Numbers of up to fifteen digits: a double keeps them all. */
const plainInteger = /^(?:0|-?[1-9]\d{0,14})$/;
/** Only a number with a fraction, an exponent or many digits can be inexact, and minus zero. */
const mayBeInexact = /\d[.eE]|\d{16}|-0/;

/** Like `JSON.parse`, with numbers as they were written. */
export function parseKeepingDigits(text: string): unknown {
  return mayBeInexact.test(text) && hasInexactNumber(text) ? JSON.parse(text, keepDigits) : JSON.parse(text);
}

/** A reviver visits every value; almost no text needs one. */
function hasInexactNumber(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === quote) index = closingQuote(text, index);
    else if (code === minus || isDigit(code)) {
      const start = index;
      while (isOfNumber(text.charCodeAt(index + 1))) index += 1;
      const token = text.slice(start, index + 1);
      if (!plainInteger.test(token) && String(Number(token)) !== token) return true;
    }
  }
  return false;
}

function closingQuote(text: string, opening: number): number {
  let end = text.indexOf('"', opening + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end;
}

function isEscaped(text: string, index: number): boolean {
  let slashes = 0;
  while (text.charCodeAt(index - 1 - slashes) === backslash) slashes += 1;
  return slashes % 2 === 1;
}

function isDigit(code: number): boolean {
  return code >= zero && code <= nine;
}

function isOfNumber(code: number): boolean {
  return isDigit(code) || code === minus || code === plus || code === point || code === upperE || code === lowerE;
}

function keepDigits(_key: string, value: unknown, { source }: { source?: string }): unknown {
  return typeof value === 'number' && source !== undefined && String(value) !== source ? JSON.rawJSON(source) : value;
}

/** The value of a number, kept as text or not; null for everything else. */
export function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return value;
  return JSON.isRawJSON(value) ? Number(value.rawJSON) : null;
}

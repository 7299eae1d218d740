/** Defensive reads of untrusted JSON: a wrong type reads as absent, never as an exception. */

import { numberOf, parseKeepingDigits } from './exact-json.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export function asObject(value: unknown): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value)
    ? (value as JsonObject)
    : null;
}

export function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function asText(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

export function asNumber(value: unknown): number | null {
  const number = numberOf(value);
  return number !== null && Number.isFinite(number) ? number : null;
}

export function asFlag(value: unknown): boolean | null {
  return typeof value === 'boolean' ? value : null;
}

/** Text unchanged; any other value in place of text as JSON, so that the caller's content is not lost for its type. */
export function textOfAny(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}

/**
 * More than any model counts of anything in a call. Sums of such counts, and what they cost, fit in what stores them.
 */
const mostCounted = 1_000_000_000_000;

/** A token count: whole, not negative, within reason. Any other value reads as absent. */
export function asCount(value: unknown): number | null {
  const count = numberOf(value);
  return count !== null && Number.isSafeInteger(count) && count >= 0 && count <= mostCounted ? count : null;
}

/** A positive limit the caller set. */
export function asLimit(value: unknown): number | null {
  const count = asCount(value);
  return count === null || count === 0 ? null : count;
}

/**
 * The limits for parsing a text in one go: a parse costs by members, lists and length, and blocks every other request.
 */
interface JsonBounds {
  characters: number;
  depth: number;
  /** Members of all objects together. */
  names: number;
  /** Objects, lists and their elements. */
  items: number;
}

const bounds: JsonBounds = { characters: 12 * 1024 * 1024, depth: 128, names: 50_000, items: 300_000 };
/** A shorter text cannot exceed the limits. */
const withinBoundsUpTo = 4096;

/** Parses JSON; undefined for text that is none or that is beyond the limits, which is then not parsed. */
export function parseJson(text: string): unknown {
  return parseWith(JSON.parse, text);
}

/** The same with numbers as they were written: a double has too few digits for ids of other systems. */
export function parseExactJson(text: string): unknown {
  return parseWith(parseKeepingDigits, text);
}

function parseWith(parse: (text: string) => unknown, text: string): unknown {
  if (text.length > withinBoundsUpTo && !isWithinBounds(text)) return undefined;
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

/** The object that begins with the first brace, whatever follows it. */
export function parseFirstObject(text: string): unknown {
  const start = text.indexOf('{');
  if (start === -1) return undefined;
  let end = -1;
  walkStructure(text, start, (index, depth) => {
    if (depth === 0) end = index + 1;
    return depth > 0;
  });
  return end === -1 ? undefined : parseJson(text.slice(start, end));
}

function isWithinBounds(text: string): boolean {
  if (text.length > bounds.characters) return false;
  let names = 0;
  let items = 0;
  return walkStructure(text, 0, (index, depth) => {
    if (text.charCodeAt(index) === colon) names += 1;
    else items += 1;
    return depth <= bounds.depth && names <= bounds.names && items <= bounds.items;
  });
}

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const backslash = 0x5c;
const shortRun = 64;

/**
 * Visits every brace, bracket, comma and colon outside of strings, in linear time, with the depth after it, until
 * `visit` returns false. True: the text is over and it never did. Whether the text is JSON at all is for its parser to
 * say.
 */
function walkStructure(text: string, from: number, visit: (index: number, depth: number) => boolean): boolean {
  const endOfString = createStringSkipper(text);
  let depth = 0;
  for (let index = from; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === quote) {
      index = endOfString(index + 1);
      continue;
    }
    // `[` and `{`, `]` and `}` differ in one bit.
    const bracket = code | 0x20;
    if (bracket === 0x7b) depth += 1;
    else if (bracket === 0x7d) depth -= 1;
    else if (code !== comma && code !== colon) continue;
    if (!visit(index, depth)) return false;
  }
  return true;
}

/**
 * Finds the quote that closes a string: a few characters one by one, then from escape to escape, none searched twice.
 */
function createStringSkipper(text: string): (from: number) => number {
  let nextQuote = -1;
  let nextBackslash = -1;
  const find = (character: string, from: number) => {
    const found = text.indexOf(character, from);
    return found === -1 ? text.length : found;
  };
  return (from) => {
    let index = from;
    for (;;) {
      const end = Math.min(text.length, index + shortRun);
      while (index < end) {
        const code = text.charCodeAt(index);
        if (code === quote) return index;
        index += code === backslash ? 2 : 1;
      }
      if (index >= text.length) return text.length;
      if (nextQuote < index) nextQuote = find('"', index);
      if (nextBackslash < index) nextBackslash = find('\\', index);
      if (nextQuote < nextBackslash || nextBackslash === text.length) return nextQuote;
      index = nextBackslash;
    }
  };
}

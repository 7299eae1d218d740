/** Careful reads of JSON that somebody else wrote: wrong types read as absent, never as an exception. */

import { numberOf } from './exact-json.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export function asObject(value: unknown): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value) ? (value as JsonObject) : null;
}

export function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function asText(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** A token count: whole, not negative, within what a double counts exactly. Anything else is not said. */
export function asCount(value: unknown): number | null {
  const count = numberOf(value);
  return count !== null && Number.isSafeInteger(count) && count >= 0 ? count : null;
}

/** A positive limit the caller set. */
export function asLimit(value: unknown): number | null {
  const count = asCount(value);
  return count === null || count === 0 ? null : count;
}

/** JSON or nothing: for text that is only worth reading when it parses. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

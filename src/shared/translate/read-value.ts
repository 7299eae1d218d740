import { numberOf } from '../dialects/exact-json.ts';
import { asObject, type JsonObject } from '../dialects/json-value.ts';
import type { CacheMarker } from './conversation.ts';

export function cacheOf(part: JsonObject): CacheMarker {
  return asObject(part['cache_control']);
}

export function asNumber(value: unknown): number | null {
  const number = numberOf(value);
  return number !== null && Number.isFinite(number) ? number : null;
}

/** Text unchanged; any other value in place of text as JSON, so that the caller's content is not lost for its type. */
export function textOfAny(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}

export function asFlag(value: unknown): boolean | null {
  return typeof value === 'boolean' ? value : null;
}

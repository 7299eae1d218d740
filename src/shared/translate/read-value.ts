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

export function asFlag(value: unknown): boolean | null {
  return typeof value === 'boolean' ? value : null;
}

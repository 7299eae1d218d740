import { asObject, type JsonObject } from '../dialects/json-value.ts';
import type { CacheMarker } from './conversation.ts';

export function cacheOf(part: JsonObject): CacheMarker {
  return asObject(part['cache_control']);
}

export function asNumber(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

export function asFlag(value: unknown): boolean | null {
  return typeof value === 'boolean' ? value : null;
}

import type { JsonObject } from '../../dialects/json-value.ts';

/**
 * A member by its name in the API's JSON. Google also accepts the name with underscores, and its own examples mix both.
 */
export function memberOf(object: JsonObject | null | undefined, name: string): unknown {
  return object?.[name] ?? object?.[snakeCase(name)];
}

/** The name in the API's JSON for either way of writing it. */
export function plainNameOf(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

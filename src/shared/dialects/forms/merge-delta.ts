import { asCount, asObject, asText, type JsonObject } from '../json-value.ts';

/** An object that grows with the events of a stream. */
export type Growing = Record<string, unknown>;

/** Texts that a later piece repeats instead of continuing. */
const names: ReadonlySet<string> = new Set(['id', 'type', 'role', 'name', 'format', 'object', 'finish_reason']);

/** Where the elements of a growing list are, by their index. */
const placesOf = new WeakMap<unknown[], Map<number, number>>();

/**
 * Adds a piece to what has come of an object: texts are appended, lists joined element by element by their `index`,
 * objects member by member. null replaces nothing.
 */
export function mergeDelta(known: Growing, piece: JsonObject): void {
  for (const [name, value] of Object.entries(piece)) {
    // Reading this name of an object yields the prototype of all, and what an upstream sends must not end up there.
    if (name === '__proto__') continue;
    if (value !== null || known[name] === undefined) known[name] = merged(name, known[name], value);
  }
}

function merged(name: string, known: unknown, value: unknown): unknown {
  if (Array.isArray(value)) {
    const list: unknown[] = Array.isArray(known) ? known : [];
    for (const element of value) addElement(list, element);
    return list;
  }
  if (typeof known === 'string' && typeof value === 'string')
    return names.has(name) ? (asText(value) ?? known) : known + value;
  const [grown, more] = [asObject(known), asObject(value)];
  if (!more) return value;
  const object: Growing = grown ?? {};
  mergeDelta(object, more);
  return object;
}

/** Elements without an index are further elements. */
function addElement(list: unknown[], value: unknown): void {
  const element = asObject(value);
  const index = asCount(element?.['index']);
  if (!element || index === null) return void list.push(value);
  const places = placesOf.get(list) ?? new Map<number, number>();
  placesOf.set(list, places);
  const known = asObject(list[places.get(index) ?? list.length]);
  if (known) return mergeDelta(known, element);
  places.set(index, list.length);
  const begun: Growing = {};
  mergeDelta(begun, element);
  list.push(begun);
}

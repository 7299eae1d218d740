import { asArray, asObject, asText, type JsonObject } from '../../dialects/json-value.ts';

/** Limits that Google's JSON writes as text, because they are 64 bits wide. */
const countNames: ReadonlySet<string> = new Set([
  'minItems',
  'maxItems',
  'minLength',
  'maxLength',
  'minProperties',
  'maxProperties',
]);
/** Only an order of writing, which JSON Schema does not know. */
const unknownNames: ReadonlySet<string> = new Set(['propertyOrdering', 'property_ordering']);

/** Google's own form of a schema as JSON Schema: types in capital letters, `nullable`, numbers as text. */
export function jsonSchemaOf(schema: JsonObject): JsonObject {
  const members = Object.entries(schema).flatMap(([name, value]): [string, unknown][] => {
    if (name === 'nullable' || unknownNames.has(name)) return [];
    return [[name, memberAsJsonSchema(name, value)]];
  });
  const plain: JsonObject = Object.fromEntries(members);
  const type = asText(plain['type']);
  return schema['nullable'] === true && type !== null ? { ...plain, type: [type, 'null'] } : plain;
}

function memberAsJsonSchema(name: string, value: unknown): unknown {
  if (name === 'type' && typeof value === 'string') return value.toLowerCase();
  if (countNames.has(name) && typeof value === 'string' && /^\d+$/.test(value)) return Number(value);
  if (name === 'properties' || name === '$defs' || name === 'defs') {
    return Object.fromEntries(Object.entries(asObject(value) ?? {}).map(([key, inner]) => [key, nested(inner)]));
  }
  if (name === 'anyOf' || name === 'oneOf' || name === 'allOf' || name === 'prefixItems')
    return asArray(value).map(nested);
  if (name === 'items' || name === 'additionalProperties' || name === 'not') return nested(value);
  return value;
}

function nested(value: unknown): unknown {
  const schema = asObject(value);
  return schema ? jsonSchemaOf(schema) : value;
}

import { asArray, asObject, type JsonObject } from '../dialects/json-value.ts';

/** Members that OpenAI refuses in a strict schema. */
const refused: ReadonlySet<string> = new Set([
  'default',
  'oneOf',
  'allOf',
  'not',
  'if',
  'then',
  'else',
  'dependentRequired',
  'dependentSchemas',
  'patternProperties',
  'propertyNames',
  'minProperties',
  'maxProperties',
  'contains',
  'uniqueItems',
]);

/**
 * Whether OpenAI takes this schema as a strict one: every object is closed and has no optional members. Elsewhere a
 * strict schema may have some. (developers.openai.com/api/docs/guides/structured-outputs)
 */
export function mayBeStrict(schema: JsonObject): boolean {
  if (Object.keys(schema).some((name) => refused.has(name))) return false;
  const properties = Object.keys(asObject(schema['properties']) ?? {});
  const isObject = properties.length > 0 || [schema['type']].flat().includes('object');
  const required = new Set(asArray(schema['required']));
  if (isObject && schema['additionalProperties'] !== false) return false;
  return properties.every((name) => required.has(name)) && nestedIn(schema).every(mayBeStrict);
}

function nestedIn({ properties, $defs, definitions, items, anyOf }: JsonObject): JsonObject[] {
  const named = [properties, $defs, definitions].flatMap((schemas) => Object.values(asObject(schemas) ?? {}));
  return [...named, items, ...asArray(anyOf)].map(asObject).filter((schema) => schema !== null);
}

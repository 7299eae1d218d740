import { asArray, asObject, asText, type JsonObject } from '../../dialects/json-value.ts';

/** Members that Messages takes as they are. */
const kept: ReadonlySet<string> = new Set(['type', 'enum', 'const', '$ref', 'title', 'default', 'required']);
const schemasByName: ReadonlySet<string> = new Set(['properties', '$defs', 'definitions']);
/** Members that limit nothing, or are written apart. */
const apart: ReadonlySet<string> = new Set(['$schema', '$id', '$comment', 'description', 'additionalProperties']);
const formats: ReadonlySet<string> = new Set([
  'date-time',
  'time',
  'date',
  'duration',
  'email',
  'hostname',
  'uri',
  'ipv4',
  'ipv6',
  'uuid',
]);

/**
 * A schema that Messages can hold a model to: it refuses one with an object that is open, or with a limit on numbers,
 * lengths or lists. The model reads those in the description instead, as with Anthropic's own SDKs.
 * (platform.claude.com/docs/en/build-with-claude/structured-outputs)
 */
export function closedSchema(schema: JsonObject, leaveOut: (name: string) => void): JsonObject {
  const nested = (value: unknown): unknown => {
    const inner = asObject(value);
    return inner ? closedSchema(inner, leaveOut) : value;
  };
  const members: Record<string, unknown> = {};
  const limits: string[] = [];
  for (const [name, value] of Object.entries(schema)) {
    if (apart.has(name)) continue;
    if (kept.has(name) || isKnownLimit(name, value)) members[name] = value;
    else if (schemasByName.has(name)) members[name] = mapped(value, nested);
    else if (name === 'anyOf' || name === 'allOf') members[name] = asArray(value).map(nested);
    else if (name === 'oneOf' && schema['anyOf'] === undefined) members['anyOf'] = asArray(value).map(nested);
    else if (name === 'items') members[name] = nested(value);
    else {
      limits.push(`${name}: ${JSON.stringify(value)}`);
      leaveOut(name);
    }
  }
  if (isObjectSchema(schema)) members['additionalProperties'] = false;
  if ((schema['additionalProperties'] ?? false) !== false) leaveOut('additionalProperties');
  const description = [asText(schema['description']), limits.join(', ')].filter(Boolean).join('\n');
  return description === '' ? members : { ...members, description };
}

function isKnownLimit(name: string, value: unknown): boolean {
  if (name === 'format') return typeof value === 'string' && formats.has(value);
  return name === 'minItems' && (value === 0 || value === 1);
}

function isObjectSchema({ type, properties }: JsonObject): boolean {
  return [type].flat().includes('object') || (type === undefined && properties !== undefined);
}

function mapped(value: unknown, change: (value: unknown) => unknown): JsonObject {
  return Object.fromEntries(Object.entries(asObject(value) ?? {}).map(([name, inner]) => [name, change(inner)]));
}

import { asArray, asCount, asObject, type JsonObject } from '#shared/dialects/json-value.ts';

const maxDepth = 8;

/** A value that fits a JSON schema, the same every time: what the echo model calls a required tool with. */
export function sampleJson(schema: unknown, root: unknown = schema, depth = 0): unknown {
  const node = asObject(schema);
  if (!node || depth > maxDepth) return {};
  if ('const' in node) return node['const'];
  if ('default' in node) return node['default'];
  const [firstOfEnum] = asArray(node['enum']);
  if (firstOfEnum !== undefined) return firstOfEnum;
  if (typeof node['$ref'] === 'string') return sampleJson(resolve(root, node['$ref']), root, depth + 1);
  const [alternative] = [...asArray(node['anyOf']), ...asArray(node['oneOf']), ...asArray(node['allOf'])];
  if (alternative !== undefined) return sampleJson(alternative, root, depth + 1);
  return sampleOfType(node, root, depth);
}

function sampleOfType(node: JsonObject, root: unknown, depth: number): unknown {
  const type = Array.isArray(node['type']) ? asArray(node['type'])[0] : node['type'];
  switch (type ?? (asObject(node['properties']) ? 'object' : 'string')) {
    case 'object':
      return sampleObject(node, root, depth);
    case 'array':
      return Array.from({ length: Math.min(asCount(node['minItems']) ?? 1, 10) }, () =>
        sampleJson(node['items'], root, depth + 1),
      );
    case 'integer':
    case 'number':
      return typeof node['minimum'] === 'number' ? node['minimum'] : 1;
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return 'echo'.padEnd(Math.min(asCount(node['minLength']) ?? 0, 1000), '.');
  }
}

function sampleObject(node: JsonObject, root: unknown, depth: number): JsonObject {
  const properties = asObject(node['properties']) ?? {};
  const required = asArray(node['required']).filter((name) => typeof name === 'string');
  const names = required.length > 0 ? required : Object.keys(properties);
  return Object.fromEntries(names.map((name) => [name, sampleJson(properties[name], root, depth + 1)]));
}

function resolve(root: unknown, reference: string): unknown {
  let node: unknown = root;
  for (const part of reference.replace(/^#\/?/, '').split('/')) {
    if (part !== '') node = asObject(node)?.[part.replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  return node;
}

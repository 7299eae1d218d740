import { z } from 'zod';
import { componentNames } from './component-names.ts';

export type JsonSchema = z.core.JSONSchema.JSONSchema;

/** Fills itself with the schemas that have names, as they are met. */
export type Components = Record<string, JsonSchema>;

/**
 * A schema as the document states it. What is sent (`input`) is stated as strictly as it is checked; replies (`output`) may grow members,
 * so the document does not rule out others.
 */
export function writeSchema(schema: z.ZodType, io: 'input' | 'output', components: Components): JsonSchema {
  // Within another one, so that a schema with a name becomes a reference as well.
  const written = z.toJSONSchema(z.object({ schema }), {
    io,
    metadata: componentNames,
    override: ({ jsonSchema }) => simplify(jsonSchema, io),
  });
  const { $defs = {}, properties = {} } = pointedAtComponents(written);
  for (const [name, component] of Object.entries($defs)) components[name] = component;
  const { schema: own } = properties;
  if (own === undefined || typeof own === 'boolean') throw new Error('a schema was written as nothing');
  return own;
}

/** Leaves out what would only say in other words that a time is a time, and that numbers in JSON have limits. */
function simplify(schema: JsonSchema, io: 'input' | 'output'): void {
  if (schema.format === 'date-time' || schema.format === 'date') delete schema.pattern;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (io === 'output' && schema.additionalProperties === false) delete schema.additionalProperties;
}

function pointedAtComponents(schema: JsonSchema): JsonSchema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')) as JsonSchema;
}

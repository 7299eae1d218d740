import { readFileSync } from 'node:fs';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { z } from 'zod';

type Schema = Readonly<Record<string, unknown>>;

const schemaFile = z.object({ $defs: z.record(z.string(), z.record(z.string(), z.unknown())) });
const { $defs } = schemaFile.parse(
  JSON.parse(readFileSync(new URL('../schemas/stripe.schema.json', import.meta.url), 'utf8')),
);

const strictParameters = new Ajv2020({ strict: false, coerceTypes: true, allErrors: true });
strictParameters.addSchema({ $id: 'parameters', $defs: closed($defs) });
const objects = new Ajv2020({ strict: false });
objects.addSchema({ $id: 'objects', $defs });

/** What the real API says of parameters that it does not take. */
export class ParameterError extends Error {
  readonly code: string | null;
  readonly param: string | null;

  constructor(message: string, code: string | null = null, param: string | null = null) {
    super(message);
    this.code = code;
    this.param = param;
  }
}

/** Checks a form against Stripe's own parameter types and gives its numbers and flags their types. */
export function checkParameters(definition: string, form: Record<string, unknown>): void {
  const validate = validatorOf(strictParameters, `parameters#/$defs/${definition}`);
  if (validate(form)) return;
  const errors = validate.errors ?? [];
  const error = errors.find(({ keyword }) => keyword === 'additionalProperties') ?? errors[0];
  if (!error) throw new ParameterError('Invalid request');
  const param = parameterOf(error);
  if (error.keyword === 'additionalProperties')
    throw new ParameterError(`Received unknown parameter: ${param}`, 'parameter_unknown', param);
  if (error.keyword === 'required')
    throw new ParameterError(`Missing required param: ${param}.`, 'parameter_missing', param);
  throw new ParameterError(`Invalid ${param}: ${error.message ?? ''}`, null, param);
}

/** Whether this is an object as Stripe's types describe it; the first fault in words otherwise. */
export function faultOf(definition: string, value: unknown): string | null {
  const validate = validatorOf(objects, `objects#/$defs/${definition}`);
  return validate(value) ? null : `${definition} ${JSON.stringify(validate.errors?.[0])}`;
}

/** An object with every member that Stripe always sends, each as empty as its type allows. */
export function emptyObject(definition: string): Record<string, unknown> {
  return z.record(z.string(), z.unknown()).parse(emptyOf({ $ref: `#/$defs/${definition}` }));
}

function emptyOf(schema: Schema): unknown {
  if (typeof schema['$ref'] === 'string') return emptyOf($defs[schema['$ref'].replace('#/$defs/', '')] ?? {});
  if ('const' in schema) return schema['const'];
  const kinds = [schema['type']].flat();
  const choices = schemasIn(schema['anyOf']);
  const values = Array.isArray(schema['enum']) ? schema['enum'] : [];
  if (kinds.includes('null') || values.includes(null) || choices.some((choice) => choice['type'] === 'null'))
    return null;
  if (choices[0]) return emptyOf(choices[0]);
  if (values.length > 0) return values[0];
  if (kinds.includes('object')) return emptyMembers(schema);
  if (kinds.includes('array')) return [];
  if (kinds.includes('number') || kinds.includes('integer')) return 0;
  return kinds.includes('boolean') ? false : '';
}

function emptyMembers(schema: Schema): Record<string, unknown> {
  const members = z.record(z.string(), z.record(z.string(), z.unknown())).parse(schema['properties'] ?? {});
  const required = z.array(z.string()).parse(schema['required'] ?? []);
  return Object.fromEntries(required.map((name) => [name, emptyOf(members[name] ?? {})]));
}

function schemasIn(value: unknown): Schema[] {
  return z.array(z.record(z.string(), z.unknown())).parse(value ?? []);
}

/** The same schema, taking nothing that it does not name. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, member]) => [key, closed(member)] as const);
  const isOpen = 'properties' in value && 'type' in value && !('additionalProperties' in value);
  return Object.fromEntries(isOpen ? [...entries, ['additionalProperties', false] as const] : entries);
}

function validatorOf(ajv: Ajv2020, reference: string): ValidateFunction {
  const validate = ajv.getSchema(reference);
  if (!validate) throw new Error(`There is no ${reference}.`);
  return validate;
}

function parameterOf({ instancePath, params }: ErrorObject): string {
  const last = z
    .object({ additionalProperty: z.string().optional(), missingProperty: z.string().optional() })
    .parse(params);
  const path = [...instancePath.split('/').slice(1), last.additionalProperty ?? last.missingProperty ?? ''].filter(
    (part) => part !== '',
  );
  return path.map((part, index) => (index === 0 ? part : `[${part}]`)).join('');
}

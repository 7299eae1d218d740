/** A published JSON schema, as far as it is walked. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
}

/** A value with one text in it that its schema leaves open. */
export interface Sample {
  value: unknown;
  /** Where the text stands: names joined by dots, `[]` for a list's item, `*` for a name that is open too. */
  path: string;
}

/**
 * For every text that a schema leaves open: the least value that has it, with the constants that identify its variant.
 */
export function samplesOf(defs: Readonly<Record<string, Schema>>, root: string, text: string): Sample[] {
  const resolve = (ref: string): Schema => {
    const found = defs[ref.replace('#/$defs/', '')];
    if (!found) throw new Error(`no ${ref}`);
    return found;
  };

  function walk(schema: Schema, path: string, refs: readonly string[]): Sample[] {
    if (schema.$ref) return refs.includes(schema.$ref) ? [] : walk(resolve(schema.$ref), path, [...refs, schema.$ref]);
    const variants = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
    const own = hasObject(schema) ? objectSamples(schema, path, refs) : [];
    const listed = schema.items
      ? walk(schema.items, `${path}[]`, refs).map((item) => ({ ...item, value: [item.value] }))
      : [];
    const texts = isOpenText(schema) ? [{ value: text, path }] : [];
    return [...texts, ...own, ...listed, ...variants.flatMap((variant) => walk(variant, path, refs))];
  }

  function objectSamples(schema: Schema, path: string, refs: readonly string[]): Sample[] {
    const properties = propertiesOf(schema);
    const fixed = Object.fromEntries(Object.entries(properties).flatMap(([name, member]) => constantOf(name, member)));
    const open = typeof schema.additionalProperties === 'object' ? [['*', schema.additionalProperties] as const] : [];
    return [...Object.entries(properties), ...open].flatMap(([name, member]) =>
      walk(member, path === '' ? name : `${path}.${name}`, refs).map((found) => ({
        path: found.path,
        value: { ...fixed, [name === '*' ? 'any' : name]: found.value },
      })),
    );
  }

  function propertiesOf(schema: Schema): Record<string, Schema> {
    if (schema.$ref) return propertiesOf(resolve(schema.$ref));
    return Object.assign({}, ...(schema.allOf ?? []).map(propertiesOf), schema.properties) as Record<string, Schema>;
  }

  function constantOf(name: string, schema: Schema): [string, unknown][] {
    if (schema.$ref) return constantOf(name, resolve(schema.$ref));
    if (schema.const !== undefined) return [[name, schema.const]];
    return schema.enum?.length ? [[name, schema.enum[0]]] : [];
  }

  return walk({ $ref: `#/$defs/${root}` }, '', []);
}

function hasObject({ properties, allOf, additionalProperties }: Schema): boolean {
  return properties !== undefined || allOf !== undefined || typeof additionalProperties === 'object';
}

function isOpenText({ type, const: fixed, enum: values }: Schema): boolean {
  return fixed === undefined && values === undefined && [type].flat().includes('string');
}

import { CorvusError } from '#shared/errors.ts';
import type { JsonObject } from '#shared/dialects/json-value.ts';

/** @param param the path of what is refused, such as `tools[0].type` */
export function refuseFeature(param: string, reason: string): never {
  throw new CorvusError('unsupported_parameter', `"${param}" cannot be used on prepaid credit: ${reason}.`, { param });
}

const plainName = /^[a-z0-9_]*$/;

/**
 * Some upstreams ignore the case of names, so a name that differs only in case would be read here and there
 * differently.
 */
export function refuseLookalikes(object: JsonObject, names: ReadonlySet<string>, path: string): void {
  for (const name of Object.keys(object)) {
    if (plainName.test(name)) continue;
    const folded = name.normalize('NFKC').toLowerCase();
    if (names.has(folded)) refuseFeature(path === '' ? name : `${path}.${name}`, `write it as "${folded}"`);
  }
}

import { CorvusError } from '#shared/errors.ts';
import type { JsonObject } from '#shared/dialects/json-value.ts';

/** @param param the path of what is refused, such as `tools[0].type` */
export function refuseFeature(param: string, reason: string): never {
  throw new CorvusError('unsupported_parameter', `"${param}" cannot be used on prepaid credit: ${reason}.`, { param });
}

const plainName = /^[a-z0-9_]*$/;

/** Some upstreams read a name whatever its case, so one that only looks like a name that counts would be read otherwise here and there. */
export function refuseLookalikes(object: JsonObject, names: ReadonlySet<string>, path: string): void {
  for (const name of Object.keys(object)) {
    if (plainName.test(name)) continue;
    const folded = name.normalize('NFKC').toLowerCase();
    if (names.has(folded)) refuseFeature(path === '' ? name : `${path}.${name}`, `write it as "${folded}"`);
  }
}

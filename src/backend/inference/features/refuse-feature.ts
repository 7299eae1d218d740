import type { MemberNames } from '#proxy/body/member-names.ts';
import { CorvusError } from '#shared/errors.ts';
import type { JsonObject } from '#shared/dialects/json-value.ts';

/** @param param the path of what is refused, such as `tools[0].type` */
export function refuseFeature(param: string, reason: string): never {
  throw new CorvusError('unsupported_parameter', `"${param}" cannot be used on prepaid credit: ${reason}.`, { param });
}

/**
 * Some upstreams ignore case and underscores of names, so a name that differs only in these would be read here and
 * there differently.
 */
export function refuseLookalikes(object: JsonObject, names: MemberNames, path: string): void {
  for (const name of Object.keys(object)) {
    if (names.has(name)) continue;
    const plain = name.normalize('NFKC');
    const meant = names.has(plain) ? plain : names.takenFor(plain);
    if (meant !== null) refuseFeature(`${path}.${name}`, `write it as "${meant}"`);
  }
}

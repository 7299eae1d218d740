import { asNumber, type JsonObject } from '../dialects/json-value.ts';
import { CorvusError } from '../errors.ts';

/** Which parts of a request the other dialect does not get. */
export interface Report {
  /** Without it the answer stays right. */
  leaveOut(name: string): void;
  names(): readonly string[];
}

export function createReport(): Report {
  const names = new Set<string>();
  return { leaveOut: (name) => void names.add(name), names: () => [...names] };
}

/** Without it the answer would be wrong. */
export function refuse(param: string, sentence: string): never {
  throw new CorvusError('not_translatable', sentence, { param });
}

/**
 * Names the members that no reader uses, except those without a value. @param prefix names the object, where it is not
 * the request itself
 */
export function reportUnknown(
  object: JsonObject | null,
  known: ReadonlySet<string>,
  report: Report,
  prefix: string = '',
): void {
  for (const [name, value] of Object.entries(object ?? {})) {
    if (!known.has(name) && value !== null && value !== undefined) report.leaveOut(prefix + name);
  }
}

/** A seed, which is a whole number; one that has too many digits here is named. */
export function readSeed(value: unknown, report: Report): number | null {
  const seed = asNumber(value);
  if (seed === null) return null;
  if (Number.isSafeInteger(seed)) return seed;
  report.leaveOut('seed');
  return null;
}

/** The object without undefined members, so that absent facts are not written. */
export function said(members: Readonly<Record<string, unknown>>): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined && value !== null));
}

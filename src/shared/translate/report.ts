import type { JsonObject } from '../dialects/json-value.ts';
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

/** Names the members that no reader uses, except those without a value. */
export function reportUnknown(body: JsonObject, known: ReadonlySet<string>, report: Report): void {
  for (const [name, value] of Object.entries(body)) {
    if (!known.has(name) && value !== null && value !== undefined) report.leaveOut(name);
  }
}

/** The object without undefined members, so that absent facts are not written. */
export function said(members: Readonly<Record<string, unknown>>): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined && value !== null));
}

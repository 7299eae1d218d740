/**
 * What a table has under a name from outside; undefined for a name that it does not list. `constructor` and the like,
 * which every object has, are listed by none.
 */
export function ownMember<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

import { CorvusError } from '#shared/errors.ts';

/** The names of members as they must be written, and the spellings that a lenient reader takes for one of them. */
export interface MemberNames {
  has(name: string): boolean;
  /** The name that some reader takes this one for although it is written differently; null when there is none. */
  takenFor(name: string): string | null;
}

/** Requests consist of the same few names, so the results are cached. */
const maxSeen = 500;

export function memberNames(names: Iterable<string>): MemberNames {
  const exact: ReadonlySet<string> = new Set(names);
  const byFold: ReadonlyMap<string, string> = new Map([...exact].map((name) => [fold(name), name]));
  const seen = new Map<string, string | null>();
  return {
    has: (name) => exact.has(name),
    takenFor(name) {
      const known = seen.get(name);
      if (known !== undefined) return known;
      const taken = exact.has(name) ? null : (byFold.get(fold(name)) ?? null);
      if (seen.size < maxSeen) seen.set(name, taken);
      return taken;
    },
  };
}

/**
 * One text for all spellings that lenient readers treat as the same name: they ignore case as Unicode folds it (Go),
 * write camelCase for underscores (protobuf), trim, stop at NUL (C), and read `name[]` as a list of `name` (PHP,
 * Rails).
 */
function fold(name: string): string {
  const end = name.indexOf('\0');
  const whole = end === -1 ? name : name.slice(0, end);
  return whole
    .replace(/\[\w*\]$/, '')
    .replace(/[\s_\-\u200b\u2060\ufeff]/g, '')
    .toUpperCase()
    .toLowerCase();
}

/** Throws `bad_request` that names the member as it must be written. */
export function refuseSpelling(name: string): never {
  throw new CorvusError(
    'bad_request',
    `Write the member "${name}" exactly so, once, and without escapes: upstreams read other spellings differently.`,
    {
      param: name,
    },
  );
}

export function refuseTwice(name: string): never {
  throw new CorvusError('bad_request', `The member "${name}" stands twice in the request body.`, { param: name });
}

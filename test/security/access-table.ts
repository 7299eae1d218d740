import { readFileSync } from 'node:fs';

export const credentials = ['anyone', 'buys', 'member', 'admin', 'owner', 'operator', 'metrics'] as const;
export type Credential = (typeof credentials)[number];

export interface AccessLine {
  /** `METHOD /path`, a `*` at its end standing for any rest. */
  routes: readonly string[];
  may: ReadonlySet<Credential>;
}

/** The table of SECURITY.md. */
export function readAccessTable(): AccessLine[] {
  const text = readFileSync(new URL('../../SECURITY.md', import.meta.url), 'utf8');
  const table = /<!-- access -->([^]*)<!-- \/access -->/.exec(text)?.[1] ?? '';
  const [head = '', , ...lines] = table.trim().split('\n');
  const names = cellsOf(head).slice(1);
  if (names.join() !== credentials.join()) throw new Error(`SECURITY.md names the columns ${names.join()}`);
  return lines.map((line) => {
    const [what = '', ...cells] = cellsOf(line);
    const routes = [...what.matchAll(/`([A-Z]+ [^`]+)`/g)].map(([, route = '']) => route);
    return { routes, may: new Set(credentials.filter((_, index) => cells[index] === 'yes')) };
  });
}

function cellsOf(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

/** The line that counts for a route: the longest that fits; undefined where there is none. */
export function lineFor(table: readonly AccessLine[], route: string): AccessLine | undefined {
  const fitting = table.flatMap((line) =>
    line.routes.filter((pattern) => fits(pattern, route)).map((pattern) => ({ pattern, line })),
  );
  return fitting.toSorted((one, other) => other.pattern.length - one.pattern.length)[0]?.line;
}

function fits(pattern: string, route: string): boolean {
  return pattern.endsWith('*') ? route.startsWith(pattern.slice(0, -1)) : route === pattern;
}

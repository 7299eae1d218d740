import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { endpoints } from '../../../src/backend/server/routes.ts';

const prefix = '/admin/api/';
const document = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'operating.md'), 'utf8');

/** `GET keys`, as the table of docs/operating.md writes it. A path that begins with `…` goes on like the one before. */
function documented(): string[] {
  const cells = document.split('\n').flatMap((row) => /^\| (`(?:GET|POST) [^|]*) \|/.exec(row)?.[1] ?? []);
  return cells.flatMap((cell) => {
    let [method, before] = ['', ''];
    return [...cell.matchAll(/`(?:(GET|POST) )?([^`?]+)[^`]*`/g)].map(([, named, path = '']) => {
      method = named ?? method;
      before = path.startsWith('…') ? before.slice(0, before.lastIndexOf('/')) + path.slice(1) : path;
      return `${method} ${before.replaceAll(/[<{](\w+)[>}]/g, ':$1')}`;
    });
  });
}

test('docs/operating.md lists every call of the operator API, and no other', () => {
  const calls = endpoints
    .filter(({ path }) => path.startsWith(prefix))
    .map(({ method, path }) => `${method.toUpperCase()} ${path.slice(prefix.length).replace('{[^/]+\\.pdf}', '.pdf')}`);
  expect(documented().toSorted()).toEqual(calls.toSorted());
});

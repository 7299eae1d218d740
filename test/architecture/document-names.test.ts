import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const textOf = (pattern: string) =>
  globSync(pattern, { cwd: root, exclude: ['**/node_modules/**'] })
    .map((path) => readFileSync(join(root, path), 'utf8'))
    .join('\n');
const programs = textOf('{src,bin,scripts}/**/*.{ts,tsx,mjs}');
const documents = textOf('{*.md,docs/**/*.md}');
const routing = textOf('docs/routing.md');
const allOf = (text: string, pattern: RegExp) => [...new Set([...text.matchAll(pattern)].map(([name]) => name))];

const header = /\bx-corvus-[a-z]+(?:-[a-z]+)*\b/g;
const variable = /\bCORVUSLLM_[A-Z]+(?:_[A-Z]+)*\b/g;
/** Variables of example scripts, which their readers set. */
const examples = ['CORVUSLLM_KEY', 'CORVUSLLM_URL'];

test('docs/routing.md lists every header of Corvus', () => {
  const headers = allOf(programs, header);
  expect(headers.length).toBeGreaterThan(15);
  expect(headers.filter((name) => !routing.includes(name) && !name.startsWith('x-corvus-tag'))).toEqual([]);
});

test('the documents name no header that Corvus does not have', () => {
  const known = allOf(programs, header);
  expect(allOf(documents, header).filter((name) => !known.includes(name) && !name.startsWith('x-corvus-tag'))).toEqual(
    [],
  );
});

test('every variable of the environment is in a document, and every one of a document is read', () => {
  const read = allOf(programs, variable);
  expect(read.length).toBeGreaterThan(30);
  expect(read.filter((name) => !documents.includes(name))).toEqual([]);
  expect(allOf(documents, variable).filter((name) => !read.includes(name) && !examples.includes(name))).toEqual([]);
});

test.each(['src/backend', 'src/main/core', 'src/proxy'])(
  'ARCHITECTURE.md says what every room of %s is for',
  (area) => {
    const rooms = readdirSync(join(root, area), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const architecture = textOf('ARCHITECTURE.md');
    expect(rooms.map(({ name }) => name).filter((name) => !architecture.includes(`\`${name}\``))).toEqual([]);
  },
);

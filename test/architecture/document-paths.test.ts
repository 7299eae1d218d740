import { globSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { expect, test } from 'vitest';
import { anchorsOf, missingFrom, type Repository } from './document-paths.ts';

const root = join(import.meta.dirname, '..', '..');
const found = (pattern: string) =>
  globSync(pattern, { cwd: root, exclude: ['**/node_modules/**'] }).map((path) => path.replaceAll('\\', '/'));
const textOf = (path: string) => readFileSync(join(root, path), 'utf8');

const documents = [...found('*.md'), ...found('docs/**/*.md')].toSorted();
const files = [...found('*.*'), ...found('{src,test,docs,scripts,resources,bin}/**/*')];
const repository: Repository = {
  paths: new Set(files.flatMap(withFolders)),
  anchors: new Map(documents.map((path) => [path, anchorsOf(textOf(path))])),
};

function withFolders(path: string): string[] {
  const folder = posix.dirname(path);
  return folder === '.' ? [path] : [path, ...withFolders(folder)];
}

test('the documents are found', () => {
  expect(documents.length).toBeGreaterThan(25);
  expect(documents).toContain('docs/decisions/README.md');
});

test.each(documents)('every path and link of %s exists', (path) => {
  expect(missingFrom(path, textOf(path), repository)).toEqual([]);
});

test.each([
  ['a link to a page that is gone', '[page](docs/gone.md)'],
  ['a link to a heading that is gone', '[part](docs/billing.md#no-such-part)'],
  ['a heading of the page itself', '[part](#no-such-part)'],
  ['a whole path', 'see `src/backend/gone.ts`'],
  ['an abbreviated path', 'see `core/gateway/gone.ts`'],
  ['a folder', 'see `backend/nothing/`'],
  ['a file by its name alone', 'see `gone-away.ts`'],
  ['a page outside code', 'see docs/gone.md.'],
])('%s is seen', (_what, text) => {
  expect(missingFrom('README.md', text, repository)).toHaveLength(1);
});

test('what exists, patterns, addresses and examples in code blocks are left alone', () => {
  const text = [
    '[a](docs/billing.md#before-the-hold) [b](docs/decisions/) [c](https://example.com/x) `src/backend/keys` `core/store/`',
    '`src/backend/<feature>/…-api.ts` `GET /v1/models` `application/json` docs/errors.md, `guard.ts`',
    '```\nsrc/no/such/file.ts `src/none.ts`\n```',
  ].join('\n');
  expect(missingFrom('README.md', text, repository)).toEqual([]);
});

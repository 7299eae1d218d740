import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { recipes } from '#core/tools/recipe.ts';

const setups = {
  files: (id: string) => `\`tools connect ${id}\``,
  environment: () => '`run`',
  guide: () => 'by hand',
  'hosted-only': () => 'not through this machine',
};
const proofs = { tool: 'the tool', documentation: 'its documentation', others: 'what others write' };

test('docs/tools.md lists every tool, how it was checked and what it does without Corvus', async () => {
  const document = await readFile(join(import.meta.dirname, '..', '..', '..', 'docs', 'tools.md'), 'utf8');
  const documented = document.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| tool |'));
  const expected = [
    ...recipes().map(({ name, whenStopped }) => `| ${name} | ${whenStopped} |`),
    ...recipes().map(({ id, name, dialect, setup, proof }) => {
      const files =
        setup.kind === 'files'
          ? setup.files.map(({ format }) => (format === 'env' ? 'dotenv' : format.toUpperCase())).join(', ')
          : '-';
      return `| ${name} | ${setups[setup.kind](id)} | ${dialect} | ${files} | ${proofs[proof.by]} | ${proof.what} |`;
    }),
  ];
  expect(documented).toEqual(expected);
});

test('there are at least 25 tools, each with an id of its own', () => {
  expect(new Set(recipes().map(({ id }) => id)).size).toBe(recipes().length);
  expect(recipes().length).toBeGreaterThanOrEqual(25);
});

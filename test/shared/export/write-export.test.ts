import { expect, test } from 'vitest';
import { requestColumns, statementColumns, usageColumns } from '#shared/export/columns.ts';
import { everyPage } from '#shared/export/pages.ts';
import { type ExportColumn, type ExportValue, writeExport } from '#shared/export/write-export.ts';
import { nanoUsd } from '#shared/money.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCsv } from '../../support/parse-csv.ts';

const columns: ExportColumn<ExportValue>[] = [
  { name: 'first', of: (value) => value },
  { name: 'second', of: () => 1.5 },
];

async function textOf(pages: ExportValue[][], format: 'csv' | 'json'): Promise<string> {
  let next = 0;
  const source = everyPage(async () => ({
    rows: pages[next++] ?? [],
    nextCursor: next < pages.length ? String(next) : null,
  }));
  let text = '';
  for await (const piece of writeExport(source, columns, format)) text += piece;
  return text;
}

test.each<[string, ExportValue, string]>([
  ['a text', 'gpt-5.5', 'gpt-5.5'],
  ['a formula', '=cmd|’/C calc’!A0', "'=cmd|’/C calc’!A0"],
  ['a formula behind a tab', '\t=1+1', "'\t=1+1"],
  ['a wide formula', '＝1+1', "'＝1+1"],
  ['a text that begins like a negative number', '-1+1|x', "'-1+1|x"],
  ['an amount below zero', nanoUsd(-20_000_000n), '-0.02'],
  ['a number below zero', -3, '-3'],
  ['commas, quotes and lines', 'a,"b"\r\nc', '"a,""b""\r\nc"'],
  ['nothing', null, ''],
  ['a truth', true, 'true'],
])('a cell of CSV with %s', async (_what, value, cell) => {
  const text = await textOf([[value]], 'csv');
  expect(text).toBe(`first,second\r\n${cell},1.5\r\n`);
  expect(parseCsv(text)).toHaveLength(1);
});

test('JSON is one array over any number of pages, and money is a decimal string', async () => {
  expect(JSON.parse(await textOf([['a', nanoUsd(5n)], [], [null]], 'json'))).toEqual([
    { first: 'a', second: 1.5 },
    { first: '0.000000005', second: 1.5 },
    { first: null, second: 1.5 },
  ]);
  expect(JSON.parse(await textOf([[]], 'json'))).toEqual([]);
});

test('every column is documented, and no name is used twice in one file', () => {
  const documented = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'usage.md'), 'utf8');
  for (const file of [requestColumns, usageColumns, statementColumns]) {
    const names = file.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !documented.includes(`\`${name}\``))).toEqual([]);
  }
});

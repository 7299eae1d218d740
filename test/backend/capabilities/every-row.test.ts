import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { errorCatalogue } from '#shared/errors.ts';
import { databaseKind } from '../../support/test-database.ts';
import { startCapabilityService } from './start-capability-service.ts';

const rows = 50;
const docs = new URL('../../../docs/', import.meta.url);
const page = readFileSync(new URL('capabilities.md', docs), 'utf8');

/** The names of this folder's tests, as they are written in its files. */
const titles = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.test.ts'))
  .flatMap((file) => [
    ...readFileSync(`${import.meta.dirname}/${file}`, 'utf8').matchAll(/^test(?:\.todo)?\(\n?\s*'([^']+)'/gm),
  ])
  .map(([, title = '']) => title);

const cellsOf = (line: string) => line.split('|').map((cell) => cell.trim());

test('each of the rows has one test', () => {
  const numbers = titles.flatMap((title) => /^row (\d+): /.exec(title)?.[1] ?? []).map(Number);
  expect(numbers.toSorted((one, other) => one - other)).toEqual(Array.from({ length: rows }, (_, index) => index + 1));
});

test('docs/capabilities.md has each row in the words of its test, and a page that says more', () => {
  const documented = page.split('\n').filter((line) => /^\| \d+ \|/.test(line));
  expect(documented).toHaveLength(rows);
  for (const [index, line] of documented.entries()) {
    const [, number, capability, , ours, more = ''] = cellsOf(line);
    expect(titles).toContain(`row ${number}: ${capability} – ${ours}`);
    expect(Number(number)).toBe(index + 1);
    for (const [, file = ''] of more.matchAll(/\]\(([\w.-]+)/g))
      expect(existsSync(new URL(file, docs)), line).toBe(true);
    expect(more).toMatch(/\]\([\w.-]+\.md/);
  }
});

test('docs/capabilities.md has each error in the words of its test, under the code it has here', () => {
  const tested = titles.filter((title) => title.startsWith('error '));
  const documented = page.split('\n').filter((line) => line.startsWith('| `'));
  expect(documented.map((line) => `error ${cellsOf(line)[1]?.replaceAll('`', '')}: ${cellsOf(line)[3]}`)).toEqual(
    tested,
  );
  for (const line of documented) {
    const codes = [...(cellsOf(line)[2] ?? '').matchAll(/`(\w+)`/g)].map(([, code]) => code);
    for (const code of codes) expect(Object.keys(errorCatalogue)).toContain(code);
  }
});

test('on PostgreSQL the calls go round three instances', async () => {
  await using service = await startCapabilityService();
  const addresses = new Set(Array.from({ length: 6 }, () => service.baseUrl));
  expect(addresses.size).toBe(databaseKind === 'postgres' ? 3 : 1);
  const customer = await service.customer('1.00');
  const ids = await Promise.all(
    Array.from({ length: 6 }, async () => (await customer.ask('Hi')).headers.get('x-corvus-request-id')),
  );
  const owners = await service.database.run(
    `select distinct owner_id from holds where request_id in ('${ids.join("','")}')`,
  );
  expect(owners).toHaveLength(addresses.size);
});

import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { parseHttpDate } from '#shared/time.ts';

const nowMs = Date.parse('2026-11-28T12:00:00Z');
const dates = ['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994'];

test.each(dates)('%s is a date of HTTP, wherever the machine is', (text) => {
  const module = new URL('../../src/shared/time.ts', import.meta.url).href;
  const script = `const { parseHttpDate } = await import(${JSON.stringify(module)});
  console.log(parseHttpDate(${JSON.stringify(text)}, ${nowMs}), new Date(0).getHours());`;
  const env = { ...process.env, TZ: 'Asia/Kathmandu' };
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', script], { env, encoding: 'utf8' });
  expect(printed.trim()).toBe(`${Date.UTC(1994, 10, 6, 8, 49, 37)} 5`);
});

test.each([
  ['26', 2026],
  ['76', 2076],
  ['77', 1977],
  ['00', 2000],
])('two digits of a year (%s) mean the last one that is at most fifty years ahead', (year, full) =>
  expect(parseHttpDate(`Sunday, 06-Nov-${year} 08:49:37 GMT`, nowMs)).toBe(Date.UTC(full, 10, 6, 8, 49, 37)),
);

test.each(['', 'later', '30', 'Sunday, 06-Foo-94 08:49:37 GMT', 'Sun Nov 66 08:49:37 1994'])('%j is none', (text) =>
  expect(parseHttpDate(text, nowMs)).toBeNaN(),
);

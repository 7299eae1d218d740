import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { logFile } from '#proxy/log-file.ts';
import { eventually } from '../support/eventually.ts';

test('lines are appended in order, the last ones by the flush', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'corvusllm-test-'));
  const path = join(folder, 'a.log');
  const file = logFile(openSync(path, 'a'));
  const lines = Array.from({ length: 500 }, (_, index) => `${index}\n`);
  for (const line of lines) file.write(line);
  await eventually(() => expect(readFileSync(path, 'utf8')).toBe(lines.join('')));
  file.flush();
  expect(readFileSync(path, 'utf8')).toBe(lines.join(''));
  rmSync(folder, { recursive: true });
});

test.runIf(process.platform === 'linux')('a full disk drops lines without an error and without blocking', async () => {
  const file = logFile(openSync('/dev/full', 'a'));
  for (let line = 0; line < 500; line += 1) file.write(`${'x'.repeat(1_000)}\n`);
  file.flush();
  await new Promise((resolve) => setImmediate(resolve));
  file.write('and another\n');
  file.flush();
});

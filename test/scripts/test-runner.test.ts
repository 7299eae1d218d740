import { expect, test } from 'vitest';
import { createCheckout } from './checkout.ts';

const programs = [
  'typescript/bin/tsc',
  'oxlint/bin/oxlint',
  'knip/bin/knip.js',
  'oxfmt/bin/oxfmt',
  'vitest/vitest.mjs',
  '@playwright/test/cli.js',
];
const unitReport = { numPassedTests: 5, numFailedTests: 0, testResults: [] };
const endToEndReport = { stats: { expected: 2, unexpected: 0, flaky: 1 }, errors: [] };

/** A checkout whose tools succeed, write their reports, and say that they ran. */
async function checkoutWithTools() {
  const checkout = await createCheckout();
  for (const program of programs) await checkout.write(`node_modules/${program}`, said(program));
  await checkout.write('node_modules/vitest/vitest.mjs', said('vitest/vitest.mjs', 'unit', unitReport));
  await checkout.write('node_modules/@playwright/test/cli.js', said('@playwright/test/cli.js', 'e2e', endToEndReport));
  return checkout;
}

function said(program: string, report?: string, content?: object, exitCode = 0): string {
  const write = report
    ? `require('fs').writeFileSync('test-results/${report}.json', ${JSON.stringify(JSON.stringify(content))});`
    : '';
  return `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
    console.log('ran ${program}'); ${write} process.exit(${exitCode});`;
}

function ran(stdout: string): string[] {
  return [...stdout.matchAll(/^ran (.*)$/gm)].map((match) => match[1] ?? '');
}

test('everything runs and is told in order, and the last line adds up both suites', async () => {
  const { run } = await checkoutWithTools();
  const { code, stdout } = await run('test.mjs', []);
  expect(code).toBe(0);
  expect(ran(stdout)).toEqual(['typescript/bin/tsc', ...programs]);
  expect(stdout.trimEnd().split('\n').at(-1)).toBe('8 passed, 0 failed');
});

test('a failed check ends the run when all checks have spoken', async () => {
  const { run, write } = await checkoutWithTools();
  await write('node_modules/oxlint/bin/oxlint', said('oxlint/bin/oxlint', undefined, undefined, 1));
  const { code, stdout } = await run('test.mjs', []);
  expect(code).toBe(1);
  expect(ran(stdout)).toEqual(['typescript/bin/tsc', ...programs.slice(0, 4)]);
  expect(stdout).toMatch(/\nFailed: Lint\n\n0 passed, 1 failed\n$/);
});

test('failed tests are counted with those that passed', async () => {
  const { run, write } = await checkoutWithTools();
  await write(
    'node_modules/vitest/vitest.mjs',
    said('vitest/vitest.mjs', 'unit', { ...unitReport, numFailedTests: 2 }, 1),
  );
  const { code, stdout } = await run('test.mjs', []);
  expect(code).toBe(1);
  expect(stdout).toMatch(/\nFailed: Unit and integration tests\n\n5 passed, 2 failed\n$/);
});

test('a suite that ends without a report has failed, whatever its exit code', async () => {
  const { run, write } = await checkoutWithTools();
  await write('node_modules/@playwright/test/cli.js', said('@playwright/test/cli.js'));
  const { code, stdout } = await run('test.mjs', []);
  expect(code).toBe(1);
  expect(stdout).toMatch(/\nFailed: End-to-end tests\n\n5 passed, 1 failed\n$/);
});

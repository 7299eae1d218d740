import { expect, test } from 'vitest';
import { countPlaywright, countVitest, summaryLine } from '../../scripts/count-results.mjs';

const file = (status: string, ...results: string[]) => ({
  status,
  assertionResults: results.map((result) => ({ status: result })),
});

test('a test file that could not be loaded counts as a failure', () => {
  const testResults = [file('passed', 'passed', 'passed'), file('failed', 'passed', 'failed'), file('failed')];
  expect(countVitest({ numPassedTests: 3, numFailedTests: 1, testResults })).toEqual({ passed: 3, failed: 2 });
});

test('what passed at the second try has passed; an error outside every test has not', () => {
  expect(countPlaywright({ stats: { expected: 5, unexpected: 1, flaky: 2 }, errors: [{}] })).toEqual({
    passed: 7,
    failed: 2,
  });
});

test('the line adds up, and never says that nothing failed when a step did', () => {
  const counts = [
    { passed: 3, failed: 0 },
    { passed: 4, failed: 0 },
  ];
  expect(summaryLine(counts, false)).toBe('7 passed, 0 failed');
  expect(summaryLine([], true)).toBe('0 passed, 1 failed');
  expect(summaryLine([{ passed: 3, failed: 2 }], true)).toBe('3 passed, 2 failed');
});

/**
 * @typedef {{ passed: number, failed: number }} Counts
 */

/**
 * Counts of a report that vitest's JSON reporter wrote. A file that could not be loaded is a failure although no test of it ran.
 * @param {{ numPassedTests: number, numFailedTests: number, testResults: { status: string, assertionResults: { status: string }[] }[] }} report
 * @returns {Counts}
 */
export function countVitest(report) {
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((result) => result.status === 'failed'),
  );
  return { passed: report.numPassedTests, failed: report.numFailedTests + broken.length };
}

/**
 * Counts of a report that Playwright's JSON reporter wrote. What passed at the second try has passed.
 * @param {{ stats: { expected: number, unexpected: number, flaky: number }, errors: unknown[] }} report
 * @returns {Counts}
 */
export function countPlaywright({ stats, errors }) {
  return { passed: stats.expected + stats.flaky, failed: stats.unexpected + errors.length };
}

/**
 * The last line of `npm test`. A step that failed without a failed test, such as a type error, counts as one.
 * @param {Counts[]} counts
 * @param {boolean} isFailed
 */
export function summaryLine(counts, isFailed) {
  const passed = counts.reduce((sum, count) => sum + count.passed, 0);
  const failed = counts.reduce((sum, count) => sum + count.failed, 0);
  return `${passed} passed, ${isFailed ? Math.max(failed, 1) : failed} failed`;
}

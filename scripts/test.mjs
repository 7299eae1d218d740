// `npm test`: first the checks, beside each other, then the tests. Stops at the first of these steps that fails.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { countPlaywright, countVitest, summaryLine } from './count-results.mjs';
import { requireNode } from './find-node.mjs';
import { runCommand } from './run-command.mjs';
import { runMain } from './say.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const results = join(root, 'test-results');
const unitReport = join(results, 'unit.json');
const endToEndReport = join(results, 'e2e.json');

const checks = [
  { title: 'Types: application', program: ['typescript', 'bin/tsc'], parameters: ['-p', 'tsconfig.node.json'] },
  { title: 'Types: pages', program: ['typescript', 'bin/tsc'], parameters: ['-p', 'tsconfig.web.json'] },
  { title: 'Lint', program: ['oxlint', 'bin/oxlint'], parameters: ['--deny-warnings'] },
  { title: 'Unused code and dependencies', program: ['knip', 'bin/knip.js'], parameters: [] },
  { title: 'Format', program: ['oxfmt', 'bin/oxfmt'], parameters: ['--check'] },
];
const suites = [
  {
    title: 'Unit and integration tests',
    program: ['vitest', 'vitest.mjs'],
    parameters: ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${unitReport}`],
    count: () => countVitest(readReport(unitReport)),
  },
  {
    title: 'End-to-end tests',
    program: ['@playwright/test', 'cli.js'],
    parameters: ['test'],
    count: () => countPlaywright(readReport(endToEndReport)),
  },
];

/** @param {string} path */
function readReport(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** @param {string[]} program */
const pathOf = (program) => join(root, 'node_modules', ...program);

/** @param {string} title */
const announce = (title) => process.stdout.write(`\n── ${title}\n`);

/**
 * All checks at once, as each leaves a processor idle at times. What they say comes one after the other.
 * @param {string} node
 * @returns {Promise<string | null>} the title of the first that failed
 */
async function runChecks(node) {
  const running = checks.map(async ({ title, program, parameters }) => {
    const result = await runCommand(node, [pathOf(program), ...parameters], { cwd: root, isQuiet: true });
    return { title, ...result };
  });
  let failed = null;
  for (const { title, code, output } of await Promise.all(running)) {
    announce(title);
    process.stdout.write(output);
    if (code !== 0) failed ??= title;
  }
  return failed;
}

/**
 * @param {string} node
 * @param {string[]} parameters
 * @returns {Promise<number>}
 */
function run(node, parameters) {
  return new Promise((resolve) => {
    const child = spawn(node, parameters, { cwd: root, stdio: 'inherit' });
    child.on('error', () => resolve(1));
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

await runMain(async () => {
  const node = requireNode(root);
  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  const counts = [];
  let failedTitle = await runChecks(node);
  for (const { title, program, parameters, count } of suites) {
    if (failedTitle !== null) break;
    announce(title);
    const code = await run(node, [pathOf(program), ...parameters]);
    if (code !== 0) failedTitle = title;
    try {
      counts.push(count());
    } catch {
      failedTitle ??= title; // It ended before it could report.
    }
  }
  if (failedTitle !== null) process.stdout.write(`\nFailed: ${failedTitle}\n`);
  process.stdout.write(`\n${summaryLine(counts, failedTitle !== null)}\n`);
  return failedTitle === null ? 0 : 1;
});

// `npm test`: everything, in the order in which a mistake is found soonest; stops at the first step that fails.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { countPlaywright, countVitest, summaryLine } from './count-results.mjs';
import { requireNode } from './find-node.mjs';
import { runMain } from './say.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const results = join(root, 'test-results');
const unitReport = join(results, 'unit.json');
const endToEndReport = join(results, 'e2e.json');

const steps = [
  { title: 'Types: application', program: ['typescript', 'bin/tsc'], parameters: ['-p', 'tsconfig.node.json'] },
  { title: 'Types: pages', program: ['typescript', 'bin/tsc'], parameters: ['-p', 'tsconfig.web.json'] },
  { title: 'Lint', program: ['oxlint', 'bin/oxlint'], parameters: ['--deny-warnings'] },
  { title: 'Unused code and dependencies', program: ['knip', 'bin/knip.js'], parameters: [] },
  { title: 'Format', program: ['oxfmt', 'bin/oxfmt'], parameters: ['--check'] },
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
  let failedTitle = null;
  for (const { title, program, parameters, count } of steps) {
    process.stdout.write(`\n── ${title}\n`);
    const code = await run(node, [join(root, 'node_modules', ...program), ...parameters]);
    if (code !== 0) failedTitle = title;
    try {
      if (count) counts.push(count());
    } catch {
      failedTitle ??= title; // It ended before it could report.
    }
    if (failedTitle !== null) break;
  }
  if (failedTitle !== null) process.stdout.write(`\nFailed: ${failedTitle}\n`);
  process.stdout.write(`\n${summaryLine(counts, failedTitle !== null)}\n`);
  return failedTitle === null ? 0 : 1;
});

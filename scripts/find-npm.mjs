import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Advice } from './say.mjs';

const oldestMajor = 8;

/**
 * How to run the npm that runs this script; without one, the npm beside this Node, else the one on PATH.
 * @param {Record<string, string | undefined>} environment
 * @param {string} execPath
 * @returns {{ command: string, parameters: string[], needsShell: boolean }}
 */
export function findNpm(environment, execPath) {
  // npx names itself here.
  const running = environment['npm_execpath']?.replace(/npx-cli(?=\.c?js$)/, 'npm-cli');
  if (running && !/^npm-cli\.c?js$/.test(basename(running))) {
    throw new Advice('Corvus is installed with npm, because its lock file is npm’s. Run the same command with npm.');
  }
  const version = /npm\/(\d+)/.exec(environment['npm_config_user_agent'] ?? '')?.[1];
  if (running && version && Number(version) < oldestMajor) {
    throw new Advice(
      `npm ${version} is too old to read the lock file. Update it (npm install --global npm@latest), and run the same command again.`,
    );
  }
  if (running) return { command: execPath, parameters: [running], needsShell: false };
  const beside = join(dirname(execPath), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js');
  if (existsSync(beside)) return { command: execPath, parameters: [beside], needsShell: false };
  return { command: 'npm', parameters: [], needsShell: true };
}

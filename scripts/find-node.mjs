import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { Advice } from './say.mjs';

export const neededMajor = 24;

/** @typedef {{ platform: string, arch: string, version: string, execPath: string }} RunningNode */

/**
 * The Node that runs Corvus: the one npm installed with it, else the one that runs this script, if new enough.
 * @param {string} root
 * @param {RunningNode} [here]
 * @returns {string | null}
 */
export function findNode(root, here = currentNode()) {
  const { platform, arch, version, execPath } = here;
  const executable = platform === 'win32' ? 'node.exe' : 'node';
  const packageName = `node-${platform === 'win32' ? 'win' : platform}-${arch}`;
  const installed = join(root, 'node_modules', packageName, 'bin', executable);
  if (existsSync(installed)) return installed;
  return Number(version.split('.')[0]) >= neededMajor ? execPath : null;
}

/**
 * Like `findNode`, but says what to do when there is none.
 * @param {string} root
 * @param {RunningNode} [here]
 */
export function requireNode(root, here = currentNode()) {
  const node = findNode(root, here);
  if (node !== null) return node;
  throw new Advice(
    `Corvus needs Node ${neededMajor} or newer. This is Node ${here.version}, and npm brings no newer one for ${here.platform} ${here.arch}. ` +
      `Install Node ${neededMajor} (https://nodejs.org), then run the same command again.`,
  );
}

/** @returns {RunningNode} */
function currentNode() {
  return { platform: process.platform, arch: process.arch, version: process.versions.node, execPath: process.execPath };
}

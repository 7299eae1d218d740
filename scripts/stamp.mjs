import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * What a step was made from, as one short text. Small files count by content, folders by each file's size and time of
 * change: a second start has no time to read every source.
 * @param {string} root
 * @param {{ files?: string[], folders?: string[], facts?: string[] }} inputs
 */
export function fingerprint(root, { files = [], folders = [], facts = [] }) {
  const hash = createHash('sha256');
  for (const fact of facts) hash.update(`fact ${fact}\n`);
  for (const file of files)
    hash
      .update(`file ${file}\n`)
      .update(contentOf(join(root, file)))
      .update('\n');
  for (const folder of folders) {
    for (const name of filesIn(join(root, folder))) {
      const { size, mtimeMs } = statSync(join(root, folder, name));
      hash.update(`entry ${folder}/${name} ${size} ${mtimeMs}\n`);
    }
  }
  return hash.digest('hex');
}

/**
 * Is the stamp there, and does it say this?
 * @param {string} path
 * @param {string} expected
 */
export function isStamped(path, expected) {
  return contentOf(path).toString().trim() === expected;
}

/**
 * @param {string} path
 * @param {string} text
 */
export function writeStamp(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${text}\n`);
}

/** @param {string} path */
function contentOf(path) {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}

/**
 * Every file below a folder, by its path from there, in a fixed order.
 * @param {string} folder
 * @returns {string[]}
 */
function filesIn(folder) {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) =>
    entry.isDirectory() ? filesIn(join(folder, entry.name)).map((name) => `${entry.name}/${name}`) : [entry.name],
  );
}

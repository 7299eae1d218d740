import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';

const root = join(import.meta.dirname, '..', '..');
const entrySchema = z.object({
  integrity: z.string().optional(),
  resolved: z.string().optional(),
  inBundle: z.boolean().optional(),
  hasInstallScript: z.boolean().optional(),
  optionalDependencies: z.record(z.string(), z.string()).optional(),
});
const lockSchema = z.object({ packages: z.record(z.string(), entrySchema) });
const { packages } = lockSchema.parse(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')));
const { allowScripts } = z
  .object({ allowScripts: z.record(z.string(), z.boolean()) })
  .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
const installed = Object.entries(packages).filter(([path]) => path !== '');

// npm drops checksums when it writes the lock beside a node_modules folder.
test('every package has its checksum, and none its registry', () => {
  expect(installed.filter(([, entry]) => !entry.inBundle && !entry.integrity).map(([path]) => path)).toEqual([]);
  expect(installed.filter(([, entry]) => entry.resolved).map(([path]) => path)).toEqual([]);
});

// What a registry lacked is left out in silence; `npm ci` then fails.
test('the binaries of every platform are in the lock', () => {
  const missing = installed.flatMap(([path, { optionalDependencies }]) =>
    Object.keys(optionalDependencies ?? {}).filter(
      (name) => !(`node_modules/${name}` in packages) && !(`${path}/node_modules/${name}` in packages),
    ),
  );
  expect(missing).toEqual([]);
});

test('every install script is decided by name', () => {
  const undecided = installed.filter(([path, entry]) => entry.hasInstallScript && !(path.replace(/^.*node_modules\//, '') in allowScripts));
  expect(undecided.map(([path]) => path)).toEqual([]);
});

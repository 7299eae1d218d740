import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';

const root = join(import.meta.dirname, '..', '..');
const entrySchema = z.object({
  integrity: z.string().optional(),
  resolved: z.string().optional(),
  inBundle: z.boolean().optional(),
  hasInstallScript: z.boolean().optional(),
  dependencies: z.record(z.string(), z.string()).optional(),
  optionalDependencies: z.record(z.string(), z.string()).optional(),
  link: z.boolean().optional(),
  dev: z.boolean().optional(),
  devOptional: z.boolean().optional(),
  optional: z.boolean().optional(),
  license: z.string().optional(),
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

test('every checksum is SHA-512, and nothing comes from a repository, an address or a folder (C42)', () => {
  const weak = installed.filter(
    ([, { integrity }]) => integrity !== undefined && !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity),
  );
  expect(weak.map(([path]) => path)).toEqual([]);
  expect(installed.filter(([, { link }]) => link)).toEqual([]);
  const versions = Object.entries(packages).flatMap(([path, entry]) =>
    Object.entries({ ...entry.dependencies, ...entry.optionalDependencies }).map(([name, version]) => [
      path,
      name,
      version,
    ]),
  );
  expect(
    versions.filter(([, , version = '']) => /:(?<!^npm:)|\/(?<!^npm:@[\w.-]+\/)|\.git|\.tgz/.test(version)),
  ).toEqual([]);
});

/**
 * Anyone who can change one of these reads every key: more need a reason in docs/decisions/dependencies.md, and this
 * number raised.
 */
const mostProductionPackages = 80;
/** MIT, as its LICENSE file says; its package.json does not. */
const unnamed = 'node_modules/png-js';
const licences =
  /^(MIT|Apache-2\.0|ISC|0BSD|BSD-[23]-Clause|MPL-2\.0|BlueOak-1\.0\.0|Unlicense|SEE LICENSE IN .*|\(.*\)|MIT AND .*)$/;

test('what runs beside the keys is counted, and its licences are known (C44)', () => {
  const production = installed.filter(([, { dev, devOptional, optional }]) => !dev && !devOptional && !optional);
  expect(production.length).toBeLessThanOrEqual(mostProductionPackages);
  expect(
    production.filter(([path, { license }]) => path !== unnamed && !licences.test(license ?? '')).map(([path]) => path),
  ).toEqual([]);
});

test('no version is chosen before it is a week old, unless a reason is written beside it (C43)', () => {
  const folders = ['.', 'test/cli-agents', 'test/clients', 'test/bench/peers'];
  const agreed = /^(?:min-release-age=7|# \S.{20,}\nmin-release-age=[0-6])$/m;
  const settings = folders.map((folder) => [folder, readFileSync(join(root, folder, '.npmrc'), 'utf8')] as const);
  expect(settings.filter(([, text]) => !agreed.test(text)).map(([folder]) => folder)).toEqual([]);
  // CI must use an npm that reads it.
  expect(readFileSync(join(root, '.github', 'workflows', 'test.yml'), 'utf8')).toMatch(
    /^ +- run: npx --yes npm@1[1-9]\.\d{2,}\.\d+ ci --ignore-scripts/m,
  );
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
  const undecided = installed.filter(
    ([path, entry]) => entry.hasInstallScript && !(path.replace(/^.*node_modules\//, '') in allowScripts),
  );
  expect(undecided.map(([path]) => path)).toEqual([]);
});

test('what runs in a workflow is named by commit, and may read only (C46)', () => {
  const folder = join(root, '.github', 'workflows');
  const workflows = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  expect(workflows.length).toBeGreaterThan(0);
  for (const workflow of workflows) {
    const used = [...workflow.matchAll(/\buses:\s*(\S+)/g)].map(([, action = '']) => action);
    expect(used.filter((action) => !/^[\w.-]+\/[\w./-]+@[0-9a-f]{40}$/.test(action))).toEqual([]);
    expect(workflow).toMatch(/^permissions:\n {2}contents: read$/m);
    expect(workflow).not.toMatch(/pull_request_target|\$\{\{\s*secrets\./);
  }
});

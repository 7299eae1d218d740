import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { findNpm } from '../../scripts/find-npm.mjs';

const runFile = promisify(execFile);
const npm = findNpm({}, process.execPath);
const runNpm = (folder: string, ...parameters: string[]) =>
  runFile(npm.command, [...npm.parameters, ...parameters], {
    cwd: folder,
    shell: npm.needsShell,
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      npm_config_cache: join(folder, 'cache'),
      npm_config_fetch_retries: '0',
    },
  });

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'corvus-npm-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A registry on this machine with one package in it. */
async function startRegistry(): Promise<{ url: string; integrity: string }> {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'package.json'), '{"name":"small","version":"1.0.0"}');
  await runNpm(folder, 'pack', '--silent');
  const archive = readFileSync(join(folder, 'small-1.0.0.tgz'));
  const integrity = `sha512-${createHash('sha512').update(archive).digest('base64')}`;
  const server = createServer((request, response) => {
    if (request.url?.endsWith('.tgz')) return response.end(archive);
    const version = { name: 'small', version: '1.0.0', dist: { tarball: `${url}/small/-/small-1.0.0.tgz`, integrity } };
    response.setHeader('content-type', 'application/json');
    return response.end(
      JSON.stringify({ name: 'small', 'dist-tags': { latest: '1.0.0' }, versions: { '1.0.0': version } }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, integrity };
}

/** A project whose lock file names no registry, as ours. */
function project(integrity: string): string {
  const folder = temporaryFolder();
  const facts = { name: 'project', version: '1.0.0', dependencies: { small: '1.0.0' } };
  const packages = { '': facts, 'node_modules/small': { version: '1.0.0', integrity } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(facts));
  writeFileSync(
    join(folder, 'package-lock.json'),
    JSON.stringify({ ...facts, lockfileVersion: 3, requires: true, packages }),
  );
  return folder;
}

test('a package that is not the one of the lock file is not installed (C42)', async () => {
  const { url, integrity } = await startRegistry();
  const install = (checksum: string) => runNpm(project(checksum), 'ci', `--registry=${url}`, '--no-audit', '--no-fund');
  await expect(install(integrity)).resolves.toMatchObject({ stdout: expect.stringContaining('added 1 package') });
  const other = `sha512-${createHash('sha512').update('another').digest('base64')}`;
  await expect(install(other)).rejects.toMatchObject({ stderr: expect.stringContaining('EINTEGRITY') });
}, 60_000);

import { chmod, lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createPrivateFile, readPrivateFile, writePrivateFile } from '../../../src/main/host/atomic-file.ts';
import { runChild } from './run-child.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

test('a private file is replaced as a whole and leaves nothing else behind', async () => {
  const home = await temporaryHome();
  const path = join(home, 'owner.json');
  await writePrivateFile(path, 'first');
  await writePrivateFile(path, 'second');
  expect(await readPrivateFile(path)).toEqual({ text: 'second', isExposed: false });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(home)).toEqual(['owner.json']);
});

test('a planted symlink is refused for reading and writing, and its target stays as it was', async () => {
  const home = await temporaryHome();
  const target = join(home, 'target');
  const path = join(home, 'vault.json');
  await writeFile(target, 'mine');
  await symlink(target, path);
  await expect(writePrivateFile(path, 'theirs')).rejects.toMatchObject({ code: 'storage_unavailable' });
  await expect(readPrivateFile(path)).rejects.toMatchObject({ code: 'storage_unavailable' });
  expect(await createPrivateFile(path, 'theirs')).toBe(false);
  expect(await readFile(target, 'utf8')).toBe('mine');
  expect((await lstat(path)).isSymbolicLink()).toBe(true);
});

test('a file that others can read is reported as exposed; a missing one is null', async () => {
  const home = await temporaryHome();
  const path = join(home, 'vault.key');
  expect(await readPrivateFile(path)).toBeNull();
  await writePrivateFile(path, 'key');
  await chmod(path, 0o644);
  expect(await readPrivateFile(path)).toMatchObject({ isExposed: true });
});

test('what cannot be written fails with a sentence and leaves no temporary file', async () => {
  const home = await temporaryHome();
  const path = join(home, 'occupied');
  await mkdir(path);
  await expect(writePrivateFile(path, 'text')).rejects.toMatchObject({ code: 'storage_unavailable' });
  expect(await readdir(home)).toEqual(['occupied']);
});

test('under umask 000 the folder is 0700 and every file 0600', { timeout: 30_000 }, async () => {
  const home = join(await temporaryHome(), 'data');
  const child = runChild(new URL('private-files-child.ts', import.meta.url), [home]);
  expect(await child.firstLine).toBe('done');
  expect((await stat(home)).mode & 0o777).toBe(0o700);
  const names = (await readdir(home)).sort();
  expect(names).toEqual(
    expect.arrayContaining(['corvusllm.log', 'owner.json', 'owner.lock', 'vault.json', 'vault.key']),
  );
  for (const name of names) expect([name, (await stat(join(home, name))).mode & 0o777]).toEqual([name, 0o600]);
});

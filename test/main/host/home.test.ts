import { chmod, lstat, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { type HomeFacts, homePath, openHome } from '../../../src/main/host/home.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

const linux: HomeFacts = { environment: {}, platform: 'linux', userHome: '/home/ada' };

test.each<[string, Partial<HomeFacts>, string]>([
  ['the flag wins', { flag: '/data/a', environment: { CORVUSLLM_HOME: '/data/b' } }, '/data/a'],
  ['then the environment', { environment: { CORVUSLLM_HOME: '/data/b', XDG_DATA_HOME: '/xdg' } }, '/data/b'],
  ['then XDG', { environment: { XDG_DATA_HOME: '/xdg' } }, '/xdg/corvusllm'],
  ['then the default of Linux', {}, '/home/ada/.local/share/corvusllm'],
  ['an empty variable counts as none', { environment: { CORVUSLLM_HOME: '' } }, '/home/ada/.local/share/corvusllm'],
  ['macOS', { platform: 'darwin' }, '/home/ada/Library/Application Support/corvusllm'],
  ['Windows', { platform: 'win32', environment: { APPDATA: '/roaming' } }, '/roaming/corvusllm'],
  ['a relative flag', { flag: 'here' }, resolve('here')],
])('the data folder: %s', (_case, facts, expected) => {
  expect(homePath({ ...linux, ...facts })).toBe(expected);
});

test('a new data folder is private, with its parents made', async () => {
  const path = join(await temporaryHome(), 'a', 'b');
  const paths = await openHome(path);
  expect(paths.home).toBe(path);
  expect((await stat(path)).mode & 0o777).toBe(0o700);
});

test('a folder that others may read becomes private; one they may write is refused', async () => {
  const path = join(await temporaryHome(), 'data');
  await mkdir(path);
  await chmod(path, 0o755);
  await openHome(path);
  expect((await stat(path)).mode & 0o777).toBe(0o700);
  for (const mode of [0o777, 0o770, 0o702]) {
    await chmod(path, mode);
    await expect(openHome(path)).rejects.toMatchObject({
      code: 'storage_unavailable',
      message: expect.stringContaining(path),
    });
    expect((await stat(path)).mode & 0o777).toBe(mode);
  }
});

test('a symlinked data folder and a file in its place are refused', async () => {
  const parent = await temporaryHome();
  const real = join(parent, 'real');
  await mkdir(real, { mode: 0o700 });
  await symlink(real, join(parent, 'link'));
  await expect(openHome(join(parent, 'link'))).rejects.toMatchObject({ code: 'storage_unavailable' });
  await symlink(join(parent, 'nowhere'), join(parent, 'dangling'));
  await expect(openHome(join(parent, 'dangling'))).rejects.toMatchObject({ code: 'storage_unavailable' });
});

test.each([
  'corvusllm.db',
  'corvusllm.db-wal',
  'corvusllm.log',
  'corvusllm.log.1',
  'sandbox.db',
  'sandbox.db.key',
  'owner.json',
  'owner.lock',
  'keychain.json',
  'sessions.json',
  'window.json',
  'status.json',
  'vault.json',
  'vault.key',
  'electron',
])('a link in place of %s is refused before anything is written, and its target left alone (A11)', async (name) => {
  const home = join(await temporaryHome(), 'data');
  await mkdir(home, { mode: 0o700 });
  const target = join(home, '..', 'target');
  await writeFile(target, 'mine');
  await symlink(target, join(home, name));
  await expect(openHome(home)).rejects.toMatchObject({
    code: 'storage_unavailable',
    message: expect.stringContaining(name),
  });
  expect(await readFile(target, 'utf8')).toBe('mine');
  expect((await lstat(join(home, name))).isSymbolicLink()).toBe(true);
});

test('files that others could read become private, except keys, whose readers must know about it (A11)', async () => {
  const home = join(await temporaryHome(), 'data');
  await mkdir(home, { mode: 0o700 });
  for (const name of ['corvusllm.db', 'corvusllm.log', 'vault.json', 'vault.key', 'notes.txt']) {
    await writeFile(join(home, name), '');
    await chmod(join(home, name), 0o644);
  }
  await openHome(home);
  const modes = async (name: string) => (await stat(join(home, name))).mode & 0o777;
  expect([await modes('corvusllm.db'), await modes('corvusllm.log'), await modes('vault.json')]).toEqual([
    0o600, 0o600, 0o600,
  ]);
  expect([await modes('vault.key'), await modes('notes.txt')]).toEqual([0o644, 0o644]);
});

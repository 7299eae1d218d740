import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { SecretStore } from '../../../src/main/core/ports.ts';
import { openSecretStore } from '../../../src/main/electron/safe-storage.ts';
import { fileSecretStore } from '../../../src/main/host/file-secret-store.ts';
import { silentLogger } from '../../../src/main/host/node-ports.ts';
import { StandInSafeStorage } from './stand-in/safe-storage.ts';

const name = 'account.customer-key';
const secret = 'sk-corvus-0123456789-ü|';

async function machine() {
  const home = await mkdtemp(join(tmpdir(), 'corvus-keys-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const safeStorage = new StandInSafeStorage();
  const path = join(home, 'keychain.json');
  const fileStore: SecretStore = fileSecretStore({ home, passphrase: undefined, logger: silentLogger });
  const open = (platform: NodeJS.Platform = 'linux') =>
    openSecretStore({ safeStorage, platform, path, fileStore, logger: silentLogger });
  return { home, safeStorage, path, fileStore, open };
}

test.each([
  ['linux', 'gnome_libsecret', true, 'System keyring (Secret Service)'],
  ['linux', 'kwallet6', true, 'KWallet'],
  ['darwin', 'unknown', true, 'macOS Keychain'],
  ['win32', 'unknown', true, 'Windows data protection of this user'],
  ['linux', 'basic_text', true, null],
  ['linux', 'unknown', true, null],
  ['linux', 'gnome_libsecret', false, null],
  ['darwin', 'unknown', false, null],
  ['win32', 'unknown', false, null],
] as const)('%s with %s, available %s: %s', async (platform, backend, isAvailable, keychain) => {
  const { home, safeStorage, open } = await machine();
  Object.assign(safeStorage, { backend, isAvailable });
  const store = await open(platform);
  await store.write(name, secret);
  expect(await store.read(name)).toBe(secret);
  expect(await readdir(home)).toEqual(keychain === null ? ['vault.json', 'vault.key'] : ['keychain.json']);
  if (keychain === null) expect(store.description).toMatch(/^No system keychain here\. Encrypted file/);
  else expect(store.description).toBe(keychain);
  for (const file of await readdir(home)) {
    expect(await readFile(join(home, file), 'utf8')).not.toContain('sk-corvus');
    expect((await stat(join(home, file))).mode & 0o077).toBe(0);
  }
  await store.remove(name);
  expect(await store.read(name)).toBeNull();
});

test('an unknown name is null, also one that objects have', async () => {
  const { open } = await machine();
  const store = await open();
  expect(await store.read('provider.openai')).toBeNull();
  expect(await store.read('constructor')).toBeNull();
});

test('a locked keychain refuses and loses nothing', async () => {
  const { safeStorage, open } = await machine();
  const store = await open();
  await store.write(name, secret);
  safeStorage.isLocked = true;
  await expect(store.read(name)).rejects.toMatchObject({ code: 'secret_unreadable' });
  await expect(store.write(name, 'sk-corvus-new')).rejects.toMatchObject({ code: 'storage_unavailable' });
  safeStorage.isLocked = false;
  expect(await store.read(name)).toBe(secret);
});

test('a keyring that was replaced is unreadable, until it is back or the key is entered again', async () => {
  const { safeStorage, open } = await machine();
  const store = await open();
  await store.write(name, secret);
  safeStorage.knownKeys = ['key-2'];
  safeStorage.key = 'key-2';
  await expect(store.read(name)).rejects.toMatchObject({ code: 'secret_unreadable' });
  safeStorage.knownKeys = ['key-1', 'key-2'];
  expect(await store.read(name)).toBe(secret);
  safeStorage.knownKeys = ['key-3'];
  safeStorage.key = 'key-3';
  await store.write(name, 'sk-corvus-new');
  expect(await store.read(name)).toBe('sk-corvus-new');
});

test('a text that does not read back never replaces the old one', async () => {
  const { safeStorage, path, open } = await machine();
  const store = await open();
  await store.write(name, secret);
  const before = await readFile(path, 'utf8');
  safeStorage.isBroken = true;
  await expect(store.write(name, 'sk-corvus-new')).rejects.toMatchObject({ code: 'storage_unavailable' });
  expect(await readFile(path, 'utf8')).toBe(before);
  expect(await store.read(name)).toBe(secret);
});

test('a rotated key renews the stored text; a failed renewal keeps the old', async () => {
  const { safeStorage, path, open } = await machine();
  const store = await open();
  await store.write(name, secret);
  const before = await readFile(path, 'utf8');
  Object.assign(safeStorage, { key: 'key-2', knownKeys: ['key-1', 'key-2'], isBroken: true });
  expect(await store.read(name)).toBe(secret);
  expect(await readFile(path, 'utf8')).toBe(before);
  safeStorage.isBroken = false;
  expect(await store.read(name)).toBe(secret);
  expect(await readFile(path, 'utf8')).not.toBe(before);
  safeStorage.knownKeys = ['key-2'];
  expect(await store.read(name)).toBe(secret);
});

test('a keychain that disappears is reported, and new secrets are kept in the file', async () => {
  const { safeStorage, open } = await machine();
  await (await open()).write(name, secret);
  safeStorage.backend = 'basic_text';
  const without = await open();
  await expect(without.read(name)).rejects.toMatchObject({ code: 'secret_unreadable' });
  await without.write(name, 'sk-corvus-new');
  expect(await without.read(name)).toBe('sk-corvus-new');
  safeStorage.backend = 'gnome_libsecret';
  expect(await (await open()).read(name)).toBe('sk-corvus-new');
});

test('what was stored without a keychain is found with one, and moves there when written', async () => {
  const { fileStore, open } = await machine();
  await fileStore.write(name, secret);
  const store = await open();
  expect(await store.read(name)).toBe(secret);
  await store.write(name, 'sk-corvus-new');
  expect(await fileStore.read(name)).toBeNull();
  expect(await store.read(name)).toBe('sk-corvus-new');
  await store.remove(name);
  expect(await store.read(name)).toBeNull();
});

test.each(['', '{', '[]', '{"version":2,"entries":{}}', '{"version":1,"entries":{"a":7}}'])(
  'a damaged file %j is unreadable, and put aside by the next write',
  async (text) => {
    const { home, path, open } = await machine();
    await writeFile(path, text, { mode: 0o600 });
    const store = await open();
    await expect(store.read(name)).rejects.toMatchObject({ code: 'secret_unreadable' });
    await store.write(name, secret);
    expect(await store.read(name)).toBe(secret);
    expect((await readdir(home)).some((file) => file.startsWith('keychain.json.damaged-'))).toBe(true);
  },
);

test('writes at the same time keep each other', async () => {
  const { open } = await machine();
  const store = await open();
  const names = Array.from({ length: 20 }, (_, index) => `provider.p${index}`);
  await Promise.all(names.map((each) => store.write(each, each)));
  expect(await Promise.all(names.map((each) => store.read(each)))).toEqual(names);
});

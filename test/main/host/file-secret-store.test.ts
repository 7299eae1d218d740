import { chmod, readFile, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { Logger } from '#shared/ports.ts';
import { fileSecretStore } from '../../../src/main/host/file-secret-store.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

function quietLogger() {
  return { info: vi.fn<Logger['info']>(), warn: vi.fn<Logger['warn']>(), error: vi.fn<Logger['error']>() };
}

function open(home: string, passphrase?: string, logger: Logger = quietLogger()) {
  return fileSecretStore({ home, passphrase, logger });
}

test('a secret is read back by the next start, and its text is in no file', async () => {
  const home = await temporaryHome();
  await open(home).write('provider.a', 'sk-canary-1234567890');
  expect(await open(home).read('provider.a')).toBe('sk-canary-1234567890');
  expect(await open(home).read('provider.b')).toBeNull();
  expect(await open(home).read('constructor')).toBeNull();
  for (const name of ['vault.json', 'vault.key']) {
    const text = await readFile(join(home, name), 'utf8');
    expect(text).not.toContain('canary');
    expect(text).not.toContain(Buffer.from('sk-canary').toString('base64').slice(0, 10));
    expect((await stat(join(home, name))).mode & 0o777).toBe(0o600);
  }
});

test('concurrent writes and removals all take effect', async () => {
  const home = await temporaryHome();
  const store = open(home);
  const names = Array.from({ length: 20 }, (_, index) => `provider.p${index}`);
  await Promise.all(names.map((name) => store.write(name, `secret of ${name}`)));
  await Promise.all(names.slice(0, 10).map((name) => store.remove(name)));
  const values = await Promise.all(names.map((name) => open(home).read(name)));
  expect(values).toEqual(names.map((name, index) => (index < 10 ? null : `secret of ${name}`)));
});

test('the passphrase is needed, and must be the right one', async () => {
  const home = await temporaryHome();
  await open(home, 'correct horse').write('account.customer-key', 'sk-corvus-a');
  expect(await open(home, 'correct horse').read('account.customer-key')).toBe('sk-corvus-a');
  await expect(open(home, 'wrong').read('account.customer-key')).rejects.toMatchObject({ code: 'secret_unreadable' });
  await expect(open(home).read('account.customer-key')).rejects.toMatchObject({
    code: 'secret_unreadable',
    message: expect.stringContaining('CORVUSLLM_PASSPHRASE'),
  });
  await expect(stat(join(home, 'vault.key'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a passphrase set later takes over what the key file protected', async () => {
  const home = await temporaryHome();
  await open(home).write('provider.a', 'sk-a-secret');
  expect(await open(home, 'later').read('provider.a')).toBe('sk-a-secret');
  await unlink(join(home, 'vault.key'));
  expect(await open(home, 'later').read('provider.a')).toBe('sk-a-secret');
});

test('swapped entries, changed bytes and a lost key are unreadable, never wrong', async () => {
  const home = await temporaryHome();
  const store = open(home);
  await store.write('provider.a', 'sk-for-a');
  await store.write('provider.b', 'sk-for-b');
  const path = join(home, 'vault.json');
  const vault = JSON.parse(await readFile(path, 'utf8'));
  await writeFile(
    path,
    JSON.stringify({
      ...vault,
      entries: { 'provider.a': vault.entries['provider.b'], 'provider.b': vault.entries['provider.b'] },
    }),
  );
  await expect(store.read('provider.a')).rejects.toMatchObject({ code: 'secret_unreadable' });
  expect(await store.read('provider.b')).toBe('sk-for-b');
  await unlink(join(home, 'vault.key'));
  await expect(store.read('provider.b')).rejects.toMatchObject({ code: 'secret_unreadable' });
  await store.write('provider.b', 'sk-again');
  expect(await store.read('provider.b')).toBe('sk-again');
});

test('a damaged vault is reported, then put aside by the next write', async () => {
  const home = await temporaryHome();
  const path = join(home, 'vault.json');
  await writeFile(path, '{"version":1,', { mode: 0o600 });
  const logger = quietLogger();
  const store = open(home, undefined, logger);
  await expect(store.read('provider.a')).rejects.toMatchObject({ code: 'secret_unreadable' });
  await store.write('provider.a', 'sk-new');
  expect(await store.read('provider.a')).toBe('sk-new');
  const [[, facts] = []] = logger.warn.mock.calls;
  expect(await readFile(String(facts?.['storedAs']), 'utf8')).toBe('{"version":1,');
});

test('a key file that others could read is closed and reported', async () => {
  const home = await temporaryHome();
  await open(home).write('provider.a', 'sk-a');
  await chmod(join(home, 'vault.key'), 0o644);
  const logger = quietLogger();
  const store = open(home, undefined, logger);
  expect(store.warning()).toBeNull();
  expect(await store.read('provider.a')).toBe('sk-a');
  expect(store.warning()).toContain('Make new keys');
  expect((await stat(join(home, 'vault.key'))).mode & 0o777).toBe(0o600);
  expect(logger.warn).toHaveBeenCalledWith('vault.key-was-exposed', expect.anything());
});

test('the description says in plain words where the key comes from', async () => {
  const home = await temporaryHome();
  expect(open(home).description).toContain('only this user can read');
  expect(open(home, 'secret words').description).toContain('CORVUSLLM_PASSPHRASE');
});

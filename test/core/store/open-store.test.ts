import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { expect, test } from 'vitest';
import { openStore } from '#core/store/open-store.ts';
import { begun, finished, openTestStore, quiet, realClock, temporaryFolder } from '../../support/store-fixture.ts';

test('a damaged file is set aside unharmed and a new database takes its place', async () => {
  await using opened = await openTestStore();
  const request = begun();
  opened.store.requests.begin(request);
  await opened.store.close();
  const damaged = readFileSync(opened.databasePath);
  damaged.fill(0x5a, 0, 200);
  writeFileSync(opened.databasePath, damaged);

  const store = await opened.reopen();
  expect(store.movedTo).toMatch(/corvus\.db\.corrupt-\d{8}T\d{6}-\d{3}Z$/);
  expect(readFileSync(store.movedTo ?? '')).toEqual(damaged);
  expect(await store.requests.get(request.id)).toBeNull();
  store.requests.begin(begun());
});

test('damage in the middle of a file is found at the start', async () => {
  await using opened = await openTestStore();
  for (let count = 0; count < 300; count += 1) opened.store.requests.begin(begun());
  await opened.store.close();
  const bytes = readFileSync(opened.databasePath);
  bytes.fill(0xff, Math.floor(bytes.length / 2), Math.floor(bytes.length / 2) + 8192);
  writeFileSync(opened.databasePath, bytes);
  expect((await opened.reopen()).movedTo).not.toBeNull();
});

test('a database of a newer program is refused and left as it is', async () => {
  const folder = temporaryFolder();
  const databasePath = join(folder, 'corvus.db');
  const newer = new SqliteDatabase(databasePath);
  newer.pragma('user_version = 99');
  newer.close();
  await expect(openStore({ databasePath, clock: realClock, logger: quiet })).rejects.toMatchObject({
    code: 'storage_unavailable',
    message: expect.stringContaining('newer Corvus'),
  });
  expect(readdirSync(folder).filter((name) => name.includes('corrupt'))).toEqual([]);
  rmSync(folder, { recursive: true, force: true });
});

test('a folder that cannot be written is a refusal a person can act on', async () => {
  await expect(
    openStore({ databasePath: '/proc/nowhere/corvus.db', clock: realClock, logger: quiet }),
  ).rejects.toMatchObject({
    code: 'storage_unavailable',
    message: expect.stringContaining('/proc/nowhere/corvus.db'),
  });
});

test('settings, providers and keys survive a restart', async () => {
  await using opened = await openTestStore();
  await opened.store.settings.write('a', '{"b":1}');
  await opened.store.settings.write('a', '{"b":2}');
  const store = await opened.reopen();
  expect(await store.settings.read('a')).toBe('{"b":2}');
  expect(await store.settings.read('c')).toBeNull();
});

test('rows that were on their way are written before the store closes', async () => {
  await using opened = await openTestStore();
  const request = begun();
  opened.store.requests.begin(request);
  opened.store.requests.finish(finished(request.id));
  const store = await opened.reopen();
  expect((await store.requests.get(request.id))?.status).toBe('completed');
});

test('closing twice is safe, and afterwards nothing hangs', async () => {
  await using opened = await openTestStore();
  await Promise.all([opened.store.close(), opened.store.close()]);
  await expect(opened.store.settings.read('a')).rejects.toMatchObject({ code: 'storage_unavailable' });
  expect(existsSync(join(dirname(opened.databasePath), 'corvus.db-wal'))).toBe(false);
});

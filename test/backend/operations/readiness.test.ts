import pg from 'pg';
import { expect, test } from 'vitest';
import { openDatabase } from '#backend/database/open-database.ts';
import { createReadiness } from '#backend/operations/readiness.ts';
import { systemClock } from '#backend/runtime/system-ports.ts';
import { newestVersion } from '#backend/database/migrations.ts';
import { startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';
import { createTestDatabase, databaseKind } from '../../support/test-database.ts';
import { measured, scrape } from '../../support/start-observed.ts';

async function ask(service: TestBackend, path: string): Promise<[status: number, body: unknown]> {
  const reply = await fetch(service.baseUrl + path);
  return [reply.status, await reply.json()];
}

const yes = [200, { ok: true }];
const no = [503, { ok: false }];

test('alive and ready, without a key and without any details', async () => {
  await using service = await startTestBackend();
  expect([await ask(service, '/healthz'), await ask(service, '/readyz')]).toEqual([yes, yes]);
});

test('a service that stops is not ready, however well its database is', async () => {
  const database = await createTestDatabase();
  const db = await openDatabase(database.place);
  let isOpen = true;
  const readiness = createReadiness({ db, clock: systemClock, isOpen: () => isOpen });
  expect(await readiness.isReady()).toBe(true);
  isOpen = false;
  expect(await readiness.isReady()).toBe(false);
  await db.destroy();
  await database.drop();
});

test('another schema than this program knows: alive, but not ready', async () => {
  await using service = await startTestBackend();
  const change = (version: number): string =>
    databaseKind === 'postgres' ? `update schema_version set version = ${version}` : `pragma user_version = ${version}`;
  await service.database.run(change(newestVersion + 1));
  expect([await ask(service, '/healthz'), await ask(service, '/readyz')]).toEqual([yes, no]);
  await service.database.run(change(newestVersion));
  expect(await ask(service, '/readyz')).toEqual(yes);
});

test.runIf(databaseKind === 'postgres')(
  'a database that does not answer: not ready, and its own metrics are missing',
  async () => {
    await using service = await startTestBackend(await measured());
    const client = new pg.Client(service.database.place);
    await client.connect();
    await client.query('begin');
    await client.query('lock table schema_version in access exclusive mode');
    expect(await Promise.all([ask(service, '/readyz'), ask(service, '/readyz')])).toEqual([no, no]);
    const { value } = await scrape(service.baseUrl);
    expect(value('corvusllm_database_up')).toBe(0);
    expect(value('corvusllm_holds_open')).toBeNull();
    expect(value('corvusllm_credential_health', { health: 'well' })).not.toBeNull();
    await client.query('rollback');
    await client.end();
    expect(await ask(service, '/readyz')).toEqual(yes);
    expect((await scrape(service.baseUrl)).value('corvusllm_database_connections', { state: 'idle' })).not.toBeNull();
  },
);

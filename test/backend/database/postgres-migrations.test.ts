import { afterEach, beforeEach, expect, test } from 'vitest';
import { migratePostgres } from '#backend/database/migrate-postgres.ts';
import { newestVersion, postgresSteps, type Step } from '#backend/database/migrations.ts';
import { type Db, openDatabase } from '#backend/database/open-database.ts';
import { readSchemaVersion } from '#backend/database/schema-version.ts';
import { postgresSchema } from '../../support/read-schema.ts';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.ts';

/** What a release after this one might add. */
const next: Step = { name: 'next', sql: `alter table requests add column region text not null default 'eu';` };

let database: TestDatabase;
let db: Db;

beforeEach(async () => {
  database = await createTestDatabase();
  db = await openDatabase(database.place);
});

afterEach(async () => {
  await db.destroy();
  await database.drop();
});

test('replicas that start at once take the next step once, and this program then refuses the database', async () => {
  const others = await Promise.all([openDatabase(database.place), openDatabase(database.place)]);
  await Promise.all([db, ...others].map((replica) => migratePostgres(replica, [...postgresSteps, next])));
  await Promise.all(others.map((replica) => replica.destroy()));
  expect(await readSchemaVersion(db)).toBe(newestVersion + 1);
  expect(await database.run('select count(*) as rows from schema_version')).toEqual([{ rows: '1' }]);
  expect(await postgresSchema(database.place)).toContain('requests.region text not null');
  await expect(openDatabase(database.place)).rejects.toThrow(
    `The database is at schema ${newestVersion + 1}; this program knows schemas up to ${newestVersion}. Start the newer program.`,
  );
});

test('a step that fails takes those before it back, and no version is written', async () => {
  const before = await postgresSchema(database.place);
  await expect(migratePostgres(db, [...postgresSteps, next, next])).rejects.toThrow();
  expect(await postgresSchema(database.place)).toBe(before);
  expect(await readSchemaVersion(db)).toBe(newestVersion);
});

test('an empty database takes all steps, and comes to the same schema as one that takes them one by one', async () => {
  await database.run('drop schema public cascade; create schema public');
  await migratePostgres(db, [...postgresSteps, next]);
  const fresh = await postgresSchema(database.place);
  await database.run('drop schema public cascade; create schema public');
  await migratePostgres(db);
  await migratePostgres(db, [...postgresSteps, next]);
  expect(await postgresSchema(database.place)).toBe(fresh);
});

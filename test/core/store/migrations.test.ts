import { existsSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { migrate } from '#core/store/database/migrate.ts';
import { first } from '#core/store/database/migrations/0001-first.ts';
import type { Migration } from '#core/store/database/migrations/migration.ts';
import { begun, openTestStore, temporaryFolder } from '../../support/store-fixture.ts';
import { sqliteSchema } from '../../support/read-schema.ts';

/** What releases after this one might add. */
const second: Migration = { name: '0002', sql: "ALTER TABLE settings ADD COLUMN scope TEXT NOT NULL DEFAULT 'app'" };
const third: Migration = { name: '0003', sql: 'CREATE TABLE more (a INTEGER) STRICT' };

function openFile(path: string): Database.Database {
  const db = new Database(path);
  onTestFinished(() => void db.close());
  return db;
}

function newFile(): Database.Database {
  const folder = temporaryFolder();
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return openFile(join(folder, 'corvusllm.db'));
}

const versionOf = (db: Database.Database) => db.pragma('user_version', { simple: true });
const copiesOf = ({ name }: Database.Database) =>
  readdirSync(dirname(name)).filter((file) => file.startsWith(`${basename(name)}.schema-`));

test('a file with rows is copied beside itself, then takes the steps that it lacks and keeps its rows', async () => {
  await using opened = await openTestStore();
  const request = begun();
  opened.store.requests.begin(request);
  await opened.store.close();
  const db = openFile(opened.databasePath);
  const before = db.prepare('SELECT * FROM requests').all();
  migrate(db, [first, second, third]);
  expect(versionOf(db)).toBe(3);
  expect(db.prepare('SELECT * FROM requests').all()).toEqual(before);
  expect(copiesOf(db)).toEqual([expect.stringMatching(/\.schema-1-\d{8}T\d{6}-\d{3}Z$/)]);
  const copy = openFile(join(dirname(db.name), copiesOf(db)[0] ?? ''));
  expect(versionOf(copy)).toBe(1);
  expect(copy.prepare('SELECT * FROM requests').all()).toEqual(before);
});

test('a step that fails takes those before it back', () => {
  const db = newFile();
  migrate(db, [first]);
  db.exec("INSERT INTO settings VALUES ('a', '1')");
  const before = sqliteSchema(db);
  expect(() => migrate(db, [first, second, third, third])).toThrow('already exists');
  expect(versionOf(db)).toBe(1);
  expect(sqliteSchema(db)).toBe(before);
  migrate(db, [first, second, third]);
  expect(db.prepare('SELECT * FROM settings').all()).toEqual([{ name: 'a', value: '1', scope: 'app' }]);
});

test('one step at a time and all at once lead to the same schema', () => {
  const [grown, fresh] = [newFile(), newFile()];
  for (const steps of [[first], [first, second], [first, second, third]]) migrate(grown, steps);
  migrate(fresh, [first, second, third]);
  expect(sqliteSchema(grown)).toBe(sqliteSchema(fresh));
});

test('a file that needs no step, or is new, is not copied', () => {
  const db = newFile();
  migrate(db, [first]);
  migrate(db, [first]);
  expect(existsSync(db.name)).toBe(true);
  expect(copiesOf(db)).toEqual([]);
});

test('a file of a newer program is refused and stays as it is', () => {
  const db = newFile();
  migrate(db, [first, second]);
  expect(() => migrate(db)).toThrow('written by a newer Corvus (schema 2, this program knows 1)');
  expect(versionOf(db)).toBe(2);
});

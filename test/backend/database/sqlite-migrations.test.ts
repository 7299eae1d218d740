import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DatabaseDamage } from '#backend/database/database-damage.ts';
import { migrateSqlite } from '#backend/database/migrate-sqlite.ts';
import { newestVersion, type Step, sqliteSteps } from '#backend/database/migrations.ts';
import { openDatabase } from '#backend/database/open-database.ts';
import { nano, openTestLedger } from '../../support/open-test-ledger.ts';
import { sqliteSchema } from '../../support/read-schema.ts';

/** What a release after this one might add. */
const next: Step = { name: 'next', sql: `alter table requests add column region text not null default 'eu';` };
const more: Step = {
  name: 'more',
  sql: 'create table regions (id text primary key) strict; insert into regions values (1);',
};

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'corvus-migrations-'));
  path = join(folder, 'backend.db');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function withFile<T>(at: string, work: (sqlite: SqliteDatabase.Database) => T): Promise<T> {
  const sqlite = new SqliteDatabase(at);
  try {
    return work(sqlite);
  } finally {
    sqlite.close();
  }
}

const createFile = async (): Promise<void> => (await openDatabase(path)).destroy();
const migrateTo = (...steps: Step[]) =>
  withFile(path, (sqlite) => migrateSqlite(sqlite, path, [...sqliteSteps, ...steps]));
const versionOf = (sqlite: SqliteDatabase.Database) => sqlite.pragma('user_version', { simple: true });

test('the next step is taken by a file of this schema, keeps its rows, and this program then refuses the file as it is', async () => {
  await using ledger = await openTestLedger(nano(1_000));
  const { place } = ledger.database;
  const rows = (sqlite: SqliteDatabase.Database) =>
    ['customer_accounts', 'ledger_accounts', 'ledger_transfers', 'statement_lines'].map((table) =>
      sqlite.prepare(`select * from ${table}`).all(),
    );
  const before = await withFile(place, rows);
  await withFile(place, (sqlite) => {
    migrateSqlite(sqlite, place, [...sqliteSteps, next]);
    expect(versionOf(sqlite)).toBe(newestVersion + 1);
    expect(
      sqlite.prepare("select count(*) as count from pragma_table_info('requests') where name = 'region'").get(),
    ).toEqual({ count: 1 });
    expect(rows(sqlite)).toEqual(before);
    sqlite.pragma('wal_checkpoint(truncate)');
  });
  const bytes = readFileSync(place);
  await expect(openDatabase(place)).rejects.toThrow(
    `The database is at schema ${newestVersion + 1}; this program knows schemas up to ${newestVersion}. Start the newer program.`,
  );
  expect(readFileSync(place).equals(bytes)).toBe(true);
});

test('several steps are taken at once, from an empty file as from one of this schema, and lead to the same', async () => {
  await createFile();
  const well: Step = { ...more, sql: more.sql.replace('values (1)', "values ('eu')") };
  await migrateTo(next, well);
  const empty = join(folder, 'empty.db');
  await withFile(empty, (sqlite) => migrateSqlite(sqlite, empty, [...sqliteSteps, next, well]));
  const [grown, fresh] = [await withFile(path, sqliteSchema), await withFile(empty, sqliteSchema)];
  expect(grown).toContain('region text');
  expect(grown).toBe(fresh);
});

test('a step that fails takes those before it back, and no version is written', async () => {
  await createFile();
  const before = await withFile(path, sqliteSchema);
  const broken: Step = { name: 'broken', sql: next.sql };
  await expect(migrateTo(next, broken)).rejects.toBeInstanceOf(DatabaseDamage);
  await withFile(path, (sqlite) => {
    expect(sqliteSchema(sqlite)).toBe(before);
    expect(versionOf(sqlite)).toBe(newestVersion);
  });
  await (await openDatabase(path)).destroy();
});

test('a file whose tables are not those of the schema that it says it has is damaged', async () => {
  await createFile();
  await withFile(path, (sqlite) => sqlite.exec('drop table key_windows'));
  const step: Step = { name: 'next', sql: 'alter table key_windows add column images integer;' };
  await expect(migrateTo(step)).rejects.toThrow(
    `its tables are not those of schema ${newestVersion}, which it says it has`,
  );
});

test.each([-1, 10_001])('%s is no number of a schema', async (version) => {
  await createFile();
  await withFile(path, (sqlite) => sqlite.pragma(`user_version = ${version}`));
  await expect(openDatabase(path)).rejects.toThrow(`the number of its schema is ${version}`);
});

test('a new file says in its header whose it is and at which schema', async () => {
  await createFile();
  await withFile(path, (sqlite) => {
    expect(sqlite.pragma('application_id', { simple: true })).toBe(Buffer.from('Crvs').readInt32BE());
    expect(versionOf(sqlite)).toBe(newestVersion);
    expect(sqlite.pragma('foreign_key_check')).toEqual([]);
  });
});

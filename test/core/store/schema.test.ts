import SqliteDatabase from 'better-sqlite3';
import { expect, test } from 'vitest';
import { migrate } from '#core/store/database/migrate.ts';
import { sqliteSchema } from '../../support/read-schema.ts';

test('the schema is the one that is written down; a migration changes that file too', async () => {
  const sqlite = new SqliteDatabase(':memory:');
  migrate(sqlite);
  await expect(sqliteSchema(sqlite)).toMatchFileSnapshot('schema/app.sql');
  sqlite.close();
});

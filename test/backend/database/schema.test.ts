import SqliteDatabase from 'better-sqlite3';
import { expect, test } from 'vitest';
import { openDatabase } from '#backend/database/open-database.ts';
import { postgresSchema, sqliteSchema } from '../../support/read-schema.ts';
import { createTestDatabase, databaseKind } from '../../support/test-database.ts';

test('the schema is the one that is written down; a migration changes that file too', async () => {
  const database = await createTestDatabase();
  const db = await openDatabase(database.place);
  await db.destroy();
  const text = databaseKind === 'postgres' ? await postgresSchema(database.place) : sqliteText(database.place);
  await expect(text).toMatchFileSnapshot(`schema/${databaseKind}.sql`);
  await database.drop();
});

function sqliteText(path: string): string {
  const sqlite = new SqliteDatabase(path, { readonly: true });
  try {
    return sqliteSchema(sqlite);
  } finally {
    sqlite.close();
  }
}

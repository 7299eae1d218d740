import { sql } from 'kysely';
import type { Db } from './open-database.ts';
import { newestVersion } from './migrations.ts';
import { isPostgres } from './is-postgres.ts';

/** The present schema version of the database, whichever instance migrated it. */
export async function readSchemaVersion(db: Db): Promise<number> {
  const query = isPostgres(db)
    ? sql<{ version: bigint }>`select version from schema_version`
    : sql<{ version: bigint }>`select user_version as version from pragma_user_version`;
  const { rows } = await query.execute(db);
  return Number(rows[0]?.version ?? 0n);
}

/** Whether this program and the database have the same schema. Throws when the database does not answer. */
export async function isSchemaCurrent(db: Db): Promise<boolean> {
  return (await readSchemaVersion(db)) === newestVersion;
}

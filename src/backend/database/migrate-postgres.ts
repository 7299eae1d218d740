import { type Kysely, sql } from 'kysely';
import { postgresSteps, refuseNewer, type Step } from './migrations.ts';
import type { Database } from './schema.ts';

/** Any number that every replica knows: the one that holds it may change the schema. */
const migrationLock = 7_463_211;

/**
 * Brings a PostgreSQL database to the newest schema in one transaction, one replica at a time. Throws when a newer
 * program has changed it.
 */
export async function migratePostgres(db: Kysely<Database>, steps: readonly Step[] = postgresSteps): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await sql`set local statement_timeout = 0`.execute(tx);
    await sql`select pg_advisory_xact_lock(${sql.lit(migrationLock)})`.execute(tx);
    await sql`create table if not exists schema_version (version bigint not null)`.execute(tx);
    const { rows } = await sql<{ version: bigint }>`select version from schema_version`.execute(tx);
    const version = Number(rows[0]?.version ?? 0n);
    refuseNewer(version, steps.length);
    for (const step of steps.slice(version)) await sql.raw(step.sql).execute(tx);
    if (version === steps.length) return;
    await sql`delete from schema_version`.execute(tx);
    await sql`insert into schema_version values (${steps.length})`.execute(tx);
  });
}

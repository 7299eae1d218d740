import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { newestVersion, postgresSteps, refuseNewer } from './migration.ts';
import { notePool } from './pool-usage.ts';
import type { Database } from './schema.ts';

const mostConnections = 20;
const connectTimeoutMs = 5_000;
/** A statement that waits longer than this for a row lock is given up: something holds an account for far too long. */
const lockTimeoutMs = 15_000;
/** Any number that every replica knows: whoever holds it may change the schema. */
const migrationLock = 7_463_211;

const { builtins } = pg.types;
/** Whole numbers of every size, and sums of them, are read as bigint, as SQLite gives them. */
const wholeNumbers: ReadonlySet<number> = new Set([builtins.INT2, builtins.INT4, builtins.INT8, builtins.NUMERIC]);
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => (wholeNumbers.has(oid) ? BigInt : pg.types.getTypeParser(oid, format)),
};

/** Connects to PostgreSQL and brings its database to the newest schema, one replica at a time. */
export async function openPostgres(url: string): Promise<Kysely<Database>> {
  const pool = new pg.Pool({
    connectionString: url,
    max: mostConnections,
    connectionTimeoutMillis: connectTimeoutMs,
    application_name: 'corvusllm-backend',
    options: `-c lock_timeout=${lockTimeoutMs} -c synchronous_commit=on`,
    types,
  });
  // Whoever uses a connection that breaks hears of it by itself; one that nobody uses is replaced by the pool.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  notePool(db, pool);
  try {
    await migrate(db);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return db;
}

async function migrate(db: Kysely<Database>): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${sql.lit(migrationLock)})`.execute(tx);
    await sql`create table if not exists schema_version (version bigint not null)`.execute(tx);
    const { rows } = await sql<{ version: bigint }>`select version from schema_version`.execute(tx);
    const version = Number(rows[0]?.version ?? 0n);
    refuseNewer(version);
    for (const step of postgresSteps.slice(stepsTaken(version))) await sql.raw(step.sql).execute(tx);
    if (version === newestVersion) return;
    await sql`delete from schema_version`.execute(tx);
    await sql`insert into schema_version values (${newestVersion})`.execute(tx);
  });
}

/** The first step leads to what SQLite needed several for. */
function stepsTaken(version: number): number {
  return version === 0 ? 0 : version - (newestVersion - postgresSteps.length);
}

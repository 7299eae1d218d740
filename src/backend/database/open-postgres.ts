import { type Driver, Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { CorvusError } from '#shared/errors.ts';
import { minuteMs } from '#shared/time.ts';
import { postgresTrouble, refuseTrouble, wordsOf } from './database-trouble.ts';
import { type ConnectionLimits, ConnectionQueue } from './connection-queue.ts';
import { migratePostgres } from './migrate-postgres.ts';
import { noteConnections } from './pool-usage.ts';
import { PipeliningDriver } from './postgres-driver.ts';
import { refusingDriver } from './refusing-driver.ts';
import type { Database } from './schema.ts';

const limits: ConnectionLimits = {
  // While one of them waits for the disk, others go on, and after a quiet time they are there still.
  kept: 4,
  most: 20,
  // Longer than several transactions take: sooner, one of the open connections is probably free again.
  openAfterMs: 50,
  waitMs: 5_000,
};
/** Those beyond the kept ones are closed when they were idle for so long. */
const closeIdleAfterMs = 10 * minuteMs;
/** What is between this program and the server forgets connections that are silent for minutes, without a sign. */
export const keptAlive = { keepAlive: true, keepAliveInitialDelayMillis: 30_000 };
/** A statement gives up waiting for a row lock after this: something holds an account for far too long. */
const lockTimeoutMs = 15_000;
/** No statement that answers a caller takes as long; verifications and migrations lift the limit for themselves. */
const statementTimeoutMs = minuteMs;
/** A transaction whose instance vanished between two statements keeps its locks no longer than this. */
const idleTimeoutMs = minuteMs;

const settings = [
  `-c lock_timeout=${lockTimeoutMs}`,
  `-c statement_timeout=${statementTimeoutMs}`,
  `-c idle_in_transaction_session_timeout=${idleTimeoutMs}`,
  '-c synchronous_commit=on',
].join(' ');

const { builtins } = pg.types;
/** 64-bit integers and sums of them are read as bigint, as SQLite returns them. */
const wholeNumbers: ReadonlySet<number> = new Set([builtins.INT2, builtins.INT4, builtins.INT8, builtins.NUMERIC]);
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => (wholeNumbers.has(oid) ? BigInt : pg.types.getTypeParser(oid, format)),
};

class PipeliningDialect extends PostgresDialect {
  readonly #queue: ConnectionQueue;

  constructor(pool: pg.Pool, queue: ConnectionQueue) {
    super({ pool });
    this.#queue = queue;
  }

  override createDriver(): Driver {
    return refusingDriver(new PipeliningDriver(this.#queue), (error) => refuseTrouble(error, postgresTrouble));
  }
}

/** Connects to PostgreSQL and migrates its database to the newest schema, one replica at a time. */
export async function openPostgres(url: string): Promise<Kysely<Database>> {
  const pool = new pg.Pool({
    connectionString: url,
    max: limits.most,
    min: limits.kept,
    idleTimeoutMillis: closeIdleAfterMs,
    connectionTimeoutMillis: limits.waitMs,
    application_name: 'corvusllm-backend',
    ...keptAlive,
    pipeline: true,
    options: settings,
    types,
  });
  // Queries notice a broken connection themselves; the pool replaces an idle one.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  const queue = new ConnectionQueue(pool, limits);
  const db = new Kysely<Database>({ dialect: new PipeliningDialect(pool, queue) });
  noteConnections(db, queue);
  try {
    await migratePostgres(db);
  } catch (error) {
    await db.destroy();
    throw sayWhy(error, url);
  }
  return db;
}

/** Why a service does not start on this database: the address without its password, and the reason. */
function sayWhy(error: unknown, url: string): unknown {
  if (!(error instanceof CorvusError)) return error;
  const place = URL.canParse(url) ? new URL(url) : null;
  const name = place ? `${place.host}${place.pathname}` : 'of DATABASE_URL';
  return new Error(
    `The database ${name} cannot be used: ${wordsOf(error.cause)}. Start PostgreSQL, or correct DATABASE_URL.`,
    {
      cause: error,
    },
  );
}

/** Work that may take any time, such as a full verification: no statement timeout. */
export async function withoutTimeout<T>(db: Kysely<Database>, work: (db: Kysely<Database>) => Promise<T>): Promise<T> {
  return db.connection().execute(async (connection) => {
    await sql`set statement_timeout = 0`.execute(connection);
    try {
      return await work(connection);
    } finally {
      await sql`set statement_timeout = ${sql.lit(statementTimeoutMs)}`.execute(connection);
    }
  });
}

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { inject } from 'vitest';
import { giveBack, takeDatabase, urlOf } from './postgres/database-pool.ts';
import { testFolder } from './test-folder.ts';

export interface TestDatabase {
  /** What `openDatabase` and DATABASE_URL take. */
  place: string;
  /** Runs SQL past the program, as a person with a shell would. @returns the rows of a select */
  run(statement: string): Promise<object[]>;
  /** All that is stored, to look for what must not be. */
  dump(): Promise<Buffer>;
  drop(): Promise<void>;
}

/** Which database this run of the suite is on. */
export const databaseKind = process.env['CORVUSLLM_TEST_DATABASE'] === 'postgres' ? 'postgres' : 'sqlite';

/** Passes it to a service in a process of its own. */
export function databaseSettings({ place }: TestDatabase): Record<string, string> {
  return databaseKind === 'postgres'
    ? { DATABASE_URL: place, CORVUSLLM_BACKEND_INSTANCE: 'test' }
    : { CORVUSLLM_BACKEND_DATABASE: place };
}

/** An empty database, real and of the test's own: a SQLite file, or one on the run's PostgreSQL server. */
export function createTestDatabase(): Promise<TestDatabase> {
  return databaseKind === 'postgres' ? createOnPostgres(inject('postgresUrl')) : createOnSqlite();
}

async function createOnSqlite(): Promise<TestDatabase> {
  const { default: SqliteDatabase } = await import('better-sqlite3');
  const folder = mkdtempSync(join(testFolder, 'corvus-backend-'));
  const place = join(folder, 'backend.db');
  return {
    place,
    async run(statement) {
      const raw = new SqliteDatabase(place);
      try {
        if (/^\s*select/i.test(statement)) return raw.prepare<[], object>(statement).all();
        raw.exec(statement);
        return [];
      } finally {
        raw.close();
      }
    },
    dump: async () => Buffer.concat(['', '-wal'].map((suffix) => readFileSync(place + suffix))),
    drop: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function createOnPostgres(serverUrl: string): Promise<TestDatabase> {
  const name = await takeDatabase(serverUrl);
  const place = urlOf(serverUrl, name);
  return {
    place,
    run: (statement) => runOnce(place, statement),
    dump: () => dumpPostgres(place),
    drop: () => giveBack(serverUrl, name),
  };
}

async function dumpPostgres(place: string): Promise<Buffer> {
  const client = new pg.Client(place);
  await client.connect();
  try {
    const tables = await client.query<{ name: string }>(
      "select tablename as name from pg_tables where schemaname = 'public'",
    );
    const parts: string[] = [];
    for (const { name } of tables.rows) {
      const { rows } = await client.query<{ line: string }>(`select t::text as line from "${name}" t`);
      parts.push(...rows.map(({ line }) => line));
    }
    return Buffer.from(parts.join('\n'));
  } finally {
    await client.end();
  }
}

async function runOnce(url: string, statement: string): Promise<object[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { rows } = await client.query<object>(statement);
    return rows ?? [];
  } finally {
    await client.end();
  }
}

import pg from 'pg';
import { inject } from 'vitest';
import { databaseKind, type TestDatabase } from '../../support/test-database.ts';

export interface DatabaseTrouble {
  name: string;
  /** @returns a function that ends the fault */
  take(database: TestDatabase): Promise<() => Promise<void>>;
}

/** Faults of a database that works otherwise. */
export async function troubles(): Promise<DatabaseTrouble[]> {
  return databaseKind === 'postgres' ? ofPostgres() : ofSqlite();
}

function ofPostgres(): DatabaseTrouble[] {
  const serverUrl = inject('postgresUrl');
  const run = async (statement: string): Promise<void> => {
    const client = new pg.Client(serverUrl);
    await client.connect();
    await client.query(statement);
    await client.end();
  };
  const nameOf = ({ place }: TestDatabase): string => new URL(place).pathname.slice(1);
  return [
    {
      name: 'not reachable, its connections cut',
      async take(database) {
        const name = nameOf(database);
        await run(`alter database ${name} with allow_connections false`);
        await run(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
        return () => run(`alter database ${name} with allow_connections true`);
      },
    },
  ];
}

/** Disk errors cannot be caused from outside: they are injected where SQLite's library reports them. */
async function ofSqlite(): Promise<DatabaseTrouble[]> {
  const { default: SqliteDatabase } = await import('better-sqlite3');
  const memory = new SqliteDatabase(':memory:');
  const prototype = Object.getPrototypeOf(memory.prepare('select 1')) as Record<'all' | 'run', () => unknown>;
  const { all, run } = prototype;
  const failing = (name: string, error: () => Error): DatabaseTrouble => ({
    name,
    async take() {
      const fail = (): never => {
        throw error();
      };
      Object.assign(prototype, { all: fail, run: fail });
      return async () => void Object.assign(prototype, { all, run });
    },
  });
  const sqlite = (code: string) => () => new SqliteDatabase.SqliteError(`it is ${code}`, code);
  return [
    failing('full', sqlite('SQLITE_FULL')),
    failing('read only', sqlite('SQLITE_READONLY')),
    failing('not readable', sqlite('SQLITE_IOERR_READ')),
    failing('damaged', sqlite('SQLITE_CORRUPT')),
    failing('closed', () => new TypeError('The database connection is not open')),
  ];
}

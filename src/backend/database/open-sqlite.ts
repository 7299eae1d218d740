import SqliteDatabase from 'better-sqlite3';
import { CompiledQuery, type DatabaseConnection, type Driver, Kysely, SqliteDialect, SqliteDriver } from 'kysely';
import { newestVersion, refuseNewer, sqliteSteps } from './migration.ts';
import type { Database } from './schema.ts';

const SYNCHRONOUS_FULL = 2n;
const BUSY_TIMEOUT_MS = 5_000;

/** A deferred transaction that turns into a writer can fail with SQLITE_BUSY_SNAPSHOT; taking the lock at once cannot. */
class ImmediateSqliteDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }
}

class ImmediateSqliteDialect extends SqliteDialect {
  readonly #database: SqliteDatabase.Database;

  constructor(database: SqliteDatabase.Database) {
    super({ database });
    this.#database = database;
  }

  override createDriver(): Driver {
    return new ImmediateSqliteDriver({ database: withPreparedStatements(this.#database) });
  }
}

const mostStatements = 500;

/** Preparing a statement takes as long as running it: those that come again are kept. */
function withPreparedStatements(sqlite: SqliteDatabase.Database): { prepare(text: string): SqliteDatabase.Statement; close(): void } {
  const prepared = new Map<string, SqliteDatabase.Statement>();
  return {
    prepare(text) {
      const known = prepared.get(text);
      if (known && !known.busy) return known;
      const statement = sqlite.prepare(text);
      if (prepared.size >= mostStatements) prepared.clear();
      prepared.set(text, statement);
      return statement;
    },
    close: () => sqlite.close(),
  };
}

/** Opens (or creates) a SQLite file, checks its settings, brings it to the newest schema. */
export function openSqlite(path: string): Kysely<Database> {
  const sqlite = new SqliteDatabase(path);
  try {
    prepare(sqlite);
    migrate(sqlite);
  } catch (error) {
    sqlite.close();
    throw error;
  }
  return new Kysely<Database>({ dialect: new ImmediateSqliteDialect(sqlite) });
}

function prepare(sqlite: SqliteDatabase.Database): void {
  sqlite.defaultSafeIntegers(true);
  sqlite.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
  sqlite.pragma('journal_mode = WAL');
  sqlite.pragma('foreign_keys = ON');
  // A file that is already in WAL mode opens at NORMAL, and NORMAL loses acknowledged commits in a power cut.
  sqlite.pragma('synchronous = FULL');
  if (sqlite.pragma('synchronous', { simple: true }) !== SYNCHRONOUS_FULL) {
    throw new Error('the database refuses synchronous=FULL, so no money can be kept in it');
  }
}

function migrate(sqlite: SqliteDatabase.Database): void {
  sqlite
    .transaction(() => {
      const version = Number(sqlite.pragma('user_version', { simple: true }));
      refuseNewer(version);
      for (const step of sqliteSteps.slice(version)) sqlite.exec(step.sql);
      sqlite.pragma(`user_version = ${newestVersion}`);
    })
    .immediate();
}

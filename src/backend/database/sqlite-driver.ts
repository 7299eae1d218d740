import { setTimeout as delay } from 'node:timers/promises';
import type SqliteDatabase from 'better-sqlite3';
import { CompiledQuery, type DatabaseConnection, type Driver, type QueryResult } from 'kysely';
import { isLocked } from './database-trouble.ts';
import { type Survives, synchronousLevels } from './sqlite-durability.ts';

const mostStatements = 500;
const firstPauseMs = 2;
const longestPauseMs = 100;

/**
 * One connection that is used in turn. SQLite itself would block the whole program while it waits for another process's
 * lock; here a caller that meets a lock gives the connection to others and retries later, so that only writes wait, and
 * no longer than `lockWaitMs`.
 */
export class SqliteDriver implements Driver {
  readonly #sqlite: SqliteDatabase.Database;
  readonly #connection: SqliteConnection;
  readonly #turns = createTurns();

  constructor(sqlite: SqliteDatabase.Database, lockWaitMs: number, survives: Survives) {
    this.#sqlite = sqlite;
    this.#connection = new SqliteConnection(sqlite, lockWaitMs, survives, this.#turns);
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    await this.#turns.take();
    return this.#connection;
  }

  async releaseConnection(): Promise<void> {
    this.#turns.pass();
  }

  /**
   * A deferred transaction that turns into a writer can fail with SQLITE_BUSY_SNAPSHOT; taking the lock at once cannot.
   */
  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'));
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    // When the disk is full, SQLite rolls the transaction back by itself.
    if (this.#sqlite.inTransaction) await connection.executeQuery(CompiledQuery.raw('rollback'));
  }

  async destroy(): Promise<void> {
    this.#sqlite.close();
  }
}

class SqliteConnection implements DatabaseConnection {
  readonly #sqlite: SqliteDatabase.Database;
  readonly #turns: Turns;
  readonly #lockWaitMs: number;
  readonly #survives: Survives;
  readonly #prepared = new Map<string, SqliteDatabase.Statement>();
  /** Since when every attempt has met a lock; later callers do not wait as long again. */
  #lockedSinceMs: number | null = null;

  constructor(sqlite: SqliteDatabase.Database, lockWaitMs: number, survives: Survives, turns: Turns) {
    this.#sqlite = sqlite;
    this.#lockWaitMs = lockWaitMs;
    this.#survives = survives;
    this.#turns = turns;
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      try {
        const result = this.#run<Row>(sql, parameters);
        if (this.#lockedSinceMs !== null && (this.#sqlite.inTransaction || !this.#prepare(sql).readonly))
          this.#lockedSinceMs = null;
        return result;
      } catch (error) {
        if (!isLocked(error) || this.#sqlite.inTransaction || this.#hasWaited()) throw error;
      }
      await this.#letOthers(pauseMs);
    }
  }

  // oxlint-disable-next-line require-yield -- nothing here is read as a stream
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('SQLite is read in pages here, not as a stream');
  }

  /** Others use the connection meanwhile, and their commits are as safe as they should be, whatever this caller has set. */
  async #letOthers(pauseMs: number): Promise<void> {
    const level = String(this.#sqlite.pragma('synchronous', { simple: true }));
    this.#sqlite.pragma(`synchronous = ${synchronousLevels[this.#survives]}`);
    this.#turns.pass();
    await delay(pauseMs);
    await this.#turns.take();
    this.#sqlite.pragma(`synchronous = ${level}`);
  }

  #hasWaited(): boolean {
    const nowMs = performance.now();
    this.#lockedSinceMs ??= nowMs;
    return nowMs - this.#lockedSinceMs >= this.#lockWaitMs;
  }

  #run<Row>(sql: string, parameters: readonly unknown[]): QueryResult<Row> {
    const statement = this.#prepare(sql);
    // The caller that wrote the statement knows its result type.
    if (statement.reader) return { rows: statement.all(parameters) as Row[] };
    const { changes, lastInsertRowid } = statement.run(parameters);
    return { insertId: BigInt(lastInsertRowid), numAffectedRows: BigInt(changes), rows: [] };
  }

  /** Preparing a statement takes as long as running it, so repeated ones are cached. */
  #prepare(text: string): SqliteDatabase.Statement {
    const known = this.#prepared.get(text);
    if (known && !known.busy) return known;
    const statement = this.#sqlite.prepare(text);
    if (this.#prepared.size >= mostStatements) this.#prepared.clear();
    this.#prepared.set(text, statement);
    return statement;
  }
}

interface Turns {
  take(): Promise<void>;
  pass(): void;
}

/** First come, first served. */
function createTurns(): Turns {
  const waiting: (() => void)[] = [];
  let isTaken = false;
  return {
    take() {
      if (!isTaken) {
        isTaken = true;
        return Promise.resolve();
      }
      return new Promise((resolve) => waiting.push(resolve));
    },
    pass() {
      const next = waiting.shift();
      if (next) next();
      else isTaken = false;
    },
  };
}

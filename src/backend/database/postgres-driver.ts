import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from 'kysely';
import type pg from 'pg';
import type { ConnectionQueue } from './connection-queue.ts';
import { SentQuery } from './statement.ts';

/** Sends what it is given at once, so that statements which do not need each other's answers share a round trip. */
export class PipeliningDriver implements Driver {
  readonly #queue: ConnectionQueue;
  readonly #connections = new WeakMap<pg.PoolClient, PipeliningConnection>();

  constructor(queue: ConnectionQueue) {
    this.#queue = queue;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    const client = await this.#queue.take();
    const known = this.#connections.get(client);
    if (known) return known;
    const connection = new PipeliningConnection(client, (isBroken) => this.#queue.give(client, isBroken));
    this.#connections.set(client, connection);
    return connection;
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    own(connection).begin();
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await own(connection).commit();
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await own(connection).rollback();
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    own(connection).release();
  }

  async destroy(): Promise<void> {
    await this.#queue.end();
  }
}

function own(connection: DatabaseConnection): PipeliningConnection {
  if (!(connection instanceof PipeliningConnection)) throw new Error('this connection is of another driver');
  return connection;
}

class PipeliningConnection implements DatabaseConnection {
  readonly #client: pg.PoolClient;
  readonly #give: (isBroken: boolean) => void;
  /** The beginning of a transaction, as long as it is not known to have succeeded. */
  #beginning: Promise<unknown> | null = null;
  /** What was sent since the last answer that was waited for, the oldest first. */
  #sent: Promise<unknown>[] = [];
  #isBroken = false;
  #isCorked = false;

  constructor(client: pg.PoolClient, give: (isBroken: boolean) => void) {
    this.#client = client;
    this.#give = give;
  }

  begin(): void {
    this.#beginning = this.#put('begin', []);
    this.#sent = [this.#beginning];
  }

  async commit(): Promise<void> {
    const { command } = await this.#orFirstFailure(this.#put('commit', []));
    // Where an earlier statement failed, the server answers a commit with a rollback.
    for (const sent of this.#sent) await sent;
    if (command !== 'COMMIT') throw new Error('the transaction was rolled back');
    this.#forget();
  }

  async rollback(): Promise<void> {
    try {
      await this.#put('rollback', []);
    } catch (error) {
      this.#isBroken = true;
      throw error;
    } finally {
      await Promise.allSettled(this.#sent);
      this.#forget();
    }
  }

  release(): void {
    this.#give(this.#isBroken);
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    // Without its transaction a write would be final at once.
    if (this.#beginning && !(query instanceof SentQuery && query.onlyReads))
      await this.#orFirstFailure(this.#beginning);
    if (!(query instanceof SentQuery))
      return resultOf<Row>(await this.#orFirstFailure(this.#put(query.sql, query.parameters)));
    const answer = this.#put(query.sql, query.parameters, query.name);
    this.#sent.push(answer);
    query.answer = this.#orFirstFailure(answer).then(resultOf);
    query.answer.catch(() => undefined);
    return { rows: [] };
  }

  // oxlint-disable-next-line require-yield -- nothing here is read as a stream
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('PostgreSQL is read in pages here, not as a stream');
  }

  /** After a failure the server refuses everything until the end of the transaction: the first one is the reason. */
  async #orFirstFailure<T>(answer: Promise<T>): Promise<T> {
    const before = [...this.#sent];
    const beginning = this.#beginning;
    try {
      const result = await answer;
      await beginning;
      if (this.#beginning === beginning) this.#beginning = null;
      return result;
    } catch (error) {
      for (const sent of before) await sent;
      throw error;
    }
  }

  #forget(): void {
    this.#sent = [];
    this.#beginning = null;
  }

  /** What is sent until the program waits for something goes out in one piece. */
  #put(text: string, values: readonly unknown[], name?: string): Promise<pg.QueryResult> {
    this.#cork();
    const answer = this.#client.query({ text, values: [...values], ...(name === undefined ? {} : { name }) });
    answer.catch(() => undefined);
    return answer;
  }

  #cork(): void {
    const { stream } = this.#client.connection;
    if (this.#isCorked) return;
    this.#isCorked = true;
    stream.cork();
    const uncork = () => {
      this.#isCorked = false;
      stream.uncork();
    };
    queueMicrotask(() => process.nextTick(uncork));
  }
}

const writes: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE']);

function resultOf<Row>({ command, rowCount, rows }: pg.QueryResult): QueryResult<Row> {
  // The caller that wrote the statement knows its result type.
  const result = { rows: (rows ?? []) as Row[] };
  return writes.has(command) ? { ...result, numAffectedRows: BigInt(rowCount ?? 0) } : result;
}

import { type Compilable, CompiledQuery, type Kysely, type QueryResult, type Transaction } from 'kysely';
import { isPostgres } from './is-postgres.ts';
import type { Database } from './schema.ts';

/** A query whose answer its caller does not wait for at once. The drivers know it by its class. */
export class SentQuery implements CompiledQuery {
  readonly sql: string;
  readonly parameters: readonly unknown[];
  readonly query: CompiledQuery['query'];
  readonly queryId: CompiledQuery['queryId'];
  /** Under this name PostgreSQL keeps its plan. */
  readonly name: string;
  /** It changes nothing, so it may be on its way before the transaction has surely begun. */
  readonly onlyReads: boolean;
  /** Set by a driver that sends it and goes on; else the answer is the query's own result. */
  answer: Promise<QueryResult<unknown>> | null = null;

  constructor(
    { sql, query, queryId }: CompiledQuery,
    parameters: readonly unknown[],
    name: string,
    onlyReads: boolean,
  ) {
    this.sql = sql;
    this.parameters = parameters;
    this.query = query;
    this.queryId = queryId;
    this.name = name;
    this.onlyReads = onlyReads;
  }
}

/** Rows that are on their way. */
export interface Answer<Row> {
  rows(): Promise<Row[]>;
}

/** A write or a question whose text is made once: building it takes longer than running it. */
export interface Statement<Values, Row> {
  /**
   * Sends it without waiting for the answer. Its failure shows at the next statement that is waited for, at the latest
   * at the commit.
   */
  send(tx: Transaction<Database>, values: Values): Promise<void>;
  /** Sends it; its rows can be awaited later. */
  ask(tx: Transaction<Database>, values: Values): Promise<Answer<Row>>;
}

type Get<Values> = <Name extends keyof Values & string>(name: Name) => Values[Name];

/** Stands for a value while the text is made. */
class Place {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

let names = 0;

/** @param onlyReads it may be the first of a transaction, on its way together with the transaction's beginning */
export function statement<Values extends object, Row = never>(
  build: (db: Kysely<Database>, value: Get<Values>) => Compilable<Row>,
  { onlyReads = false } = {},
): Statement<Values, Row> {
  const compiled: { postgres?: CompiledQuery; sqlite?: CompiledQuery } = {};
  names += 1;
  const name = `s${names}`;

  function queryFor(tx: Transaction<Database>, values: Values): SentQuery {
    const dialect = isPostgres(tx) ? 'postgres' : 'sqlite';
    // A place goes through the builder as the value that it stands for.
    const text = (compiled[dialect] ??= build(tx, (place) => new Place(place) as never).compile());
    const parameters = text.parameters.map((given) =>
      // The builder was given no other places than these.
      given instanceof Place ? values[given.name as keyof Values] : given,
    );
    return new SentQuery(text, parameters, name, onlyReads);
  }

  return {
    async send(tx, values) {
      await tx.executeQuery(queryFor(tx, values));
    },
    async ask(tx, values) {
      const query = queryFor(tx, values);
      const result = await tx.executeQuery(query);
      // The builder says what its rows are.
      return { rows: async () => (query.answer ? await query.answer : result).rows as Row[] };
    },
  };
}

/**
 * A command without values, that is about the transaction itself, or on SQLite about the connection: PostgreSQL's answer
 * is not waited for before the next one.
 */
export function command(text: string): (at: Kysely<Database>) => Promise<void> {
  names += 1;
  const query = CompiledQuery.raw(text);
  const name = `s${names}`;
  return async (at) => {
    await at.executeQuery(new SentQuery(query, [], name, true));
  };
}

const mostRowsAtOnce = 16;

/** Inserts rows as `Statement.send` does, so many at once as there are. */
export function insertion<Row extends object>(table: keyof Database, columns: readonly (keyof Row & string)[]) {
  const texts = new Map<string, { query: CompiledQuery; name: string }>();

  function textFor(isNumbered: boolean, count: number): { query: CompiledQuery; name: string } {
    const key = `${isNumbered} ${count}`;
    const known = texts.get(key);
    if (known) return known;
    const mark = (index: number): string => (isNumbered ? `$${index + 1}` : '?');
    const row = (start: number): string => `(${columns.map((_, index) => mark(start + index)).join(', ')})`;
    const rows = Array.from({ length: count }, (_, index) => row(index * columns.length)).join(', ');
    names += 1;
    const text = {
      query: CompiledQuery.raw(`insert into ${table} (${columns.join(', ')}) values ${rows}`),
      name: `s${names}`,
    };
    texts.set(key, text);
    return text;
  }

  return async (tx: Transaction<Database>, rows: readonly Row[]): Promise<void> => {
    const isNumbered = isPostgres(tx);
    for (let start = 0; start < rows.length; start += mostRowsAtOnce) {
      const some = rows.slice(start, start + mostRowsAtOnce);
      const { query, name } = textFor(isNumbered, some.length);
      const parameters = some.flatMap((row) => columns.map((column) => row[column]));
      await tx.executeQuery(new SentQuery(query, parameters, name, false));
    }
  };
}

import type SqliteDatabase from 'better-sqlite3';

declare const reads: unique symbol;
declare const writes: unique symbol;

/** A connection for queries. A function that takes only this cannot change rows. */
export type ReadDb = SqliteDatabase.Database & { readonly [reads]: true };
/** The one connection that may change rows. */
export type WriteDb = ReadDb & { readonly [writes]: true };

export type SqlValue = string | bigint | number | null;
export type SqlRow = Readonly<Record<string, SqlValue>>;

const cached = new WeakMap<SqliteDatabase.Database, Map<string, SqliteDatabase.Statement>>();

/** A statement that is prepared once per connection. */
function prepared(db: ReadDb, sql: string): SqliteDatabase.Statement {
  let statements = cached.get(db);
  if (!statements) cached.set(db, (statements = new Map()));
  let statement = statements.get(sql);
  if (!statement) statements.set(sql, (statement = db.prepare(sql)));
  return statement;
}

export function readAll(db: ReadDb, sql: string, values: Readonly<Record<string, SqlValue>> = {}): SqlRow[] {
  return prepared(db, sql).all(values) as SqlRow[];
}

export function readOne(db: ReadDb, sql: string, values: Readonly<Record<string, SqlValue>> = {}): SqlRow | null {
  return (prepared(db, sql).get(values) as SqlRow | undefined) ?? null;
}

/** Returns how many rows changed. @param values by name, or in order */
export function change(
  db: WriteDb,
  sql: string,
  values: Readonly<Record<string, SqlValue>> | readonly SqlValue[] = {},
): number {
  return prepared(db, sql).run(values).changes;
}

/** Integers are bound as bigint: a plain number would be bound as REAL. */
export function int(value: number): bigint;
export function int(value: number | null): bigint | null;
export function int(value: number | null): bigint | null {
  return value === null ? null : BigInt(Math.round(value));
}

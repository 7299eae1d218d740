import SqliteDatabase from 'better-sqlite3';
import { sqliteSteps } from './migrations.ts';

/** Each table, index and trigger of a schema by name; a table with its columns. */
type Schema = ReadonlyMap<string, ReadonlySet<string>>;

let expected: Schema | null = null;

/** What a database lacks of the newest schema, in words; null: nothing. */
export function missingOf(sqlite: SqliteDatabase.Database): string | null {
  const actual = readSchema(sqlite);
  for (const [thing, columns] of (expected ??= newestSchema())) {
    const found = actual.get(thing);
    if (!found) return `the ${thing} is missing`;
    for (const column of columns) if (!found.has(column)) return `the ${thing} has no column ${column}`;
  }
  return null;
}

/** Made by the migrations, so that there is no second description of the schema. */
function newestSchema(): Schema {
  const empty = new SqliteDatabase(':memory:');
  try {
    for (const step of sqliteSteps) empty.exec(step.sql);
    return readSchema(empty);
  } finally {
    empty.close();
  }
}

function readSchema(sqlite: SqliteDatabase.Database): Schema {
  const things = sqlite
    .prepare<[], { type: string; name: string }>("select type, name from sqlite_schema where name not like 'sqlite_%'")
    .all();
  const columns = sqlite.prepare<[string], { name: string; type: string }>('select name, type from pragma_table_xinfo(?)');
  return new Map(
    things.map(({ type, name }) => [
      `${type} ${name}`,
      new Set(type === 'table' ? columns.all(name).map((column) => `${column.name} of type ${column.type.toLowerCase()}`) : []),
    ]),
  );
}

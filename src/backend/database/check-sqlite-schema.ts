import SqliteDatabase from 'better-sqlite3';
import { type Step, sqliteSteps } from './migrations.ts';

/** Each table, index and trigger of a schema by name; a table with its columns. */
type Schema = ReadonlyMap<string, ReadonlySet<string>>;

const expected = new WeakMap<readonly Step[], Schema>();

/** What a database lacks of the newest schema, in words; null: nothing. */
export function missingOf(sqlite: SqliteDatabase.Database, steps: readonly Step[] = sqliteSteps): string | null {
  const actual = readSchema(sqlite);
  for (const [thing, columns] of schemaAfter(steps)) {
    const found = actual.get(thing);
    if (!found) return `the ${thing} is missing`;
    for (const column of columns) if (!found.has(column)) return `the ${thing} has no column ${column}`;
  }
  return null;
}

/** As the migrations make it, so that there is no second description of it; made once. */
function schemaAfter(steps: readonly Step[]): Schema {
  const known = expected.get(steps);
  if (known) return known;
  const empty = new SqliteDatabase(':memory:');
  try {
    for (const step of steps) empty.exec(step.sql);
    const schema = readSchema(empty);
    expected.set(steps, schema);
    return schema;
  } finally {
    empty.close();
  }
}

function readSchema(sqlite: SqliteDatabase.Database): Schema {
  const things = sqlite
    .prepare<[], { type: string; name: string }>("select type, name from sqlite_schema where name not like 'sqlite_%'")
    .all();
  const columns = sqlite.prepare<[string], { name: string; type: string }>(
    'select name, type from pragma_table_xinfo(?)',
  );
  return new Map(
    things.map(({ type, name }) => [
      `${type} ${name}`,
      new Set(
        type === 'table'
          ? columns.all(name).map((column) => `${column.name} of type ${column.type.toLowerCase()}`)
          : [],
      ),
    ]),
  );
}

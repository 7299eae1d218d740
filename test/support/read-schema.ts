import type SqliteDatabase from 'better-sqlite3';
import pg from 'pg';
import { z } from 'zod';

const sqliteThing = z.object({ type: z.string(), name: z.string(), sql: z.string() });

/**
 * A SQLite schema as text: every table, index and trigger as its file holds it, one column to a line, in an order that
 * no migration decides.
 */
export function sqliteSchema(sqlite: SqliteDatabase.Database): string {
  const things = sqlite
    .prepare(
      `select type, name, sql from sqlite_schema where sql is not null and name not like 'sqlite_%' order by tbl_name, type desc, name`,
    )
    .all();
  const texts = z
    .array(sqliteThing)
    .parse(things)
    .map(({ type, sql }) => `${type === 'table' ? tableText(sql) : oneLine(sql)};`);
  return `${texts.join('\n')}\n`;
}

function oneLine(sql: string): string {
  return sql.replaceAll(/\s+/g, ' ').trim();
}

/** Breaks a table's text at the commas that no bracket holds. */
function tableText(sql: string): string {
  const text = oneLine(sql);
  const start = text.indexOf('(');
  const end = text.lastIndexOf(')');
  const parts: string[] = [''];
  let depth = 0;
  for (const sign of text.slice(start + 1, end)) {
    if (sign === '(') depth += 1;
    if (sign === ')') depth -= 1;
    if (sign === ',' && depth === 0) parts.push('');
    else parts.push(`${parts.pop() ?? ''}${sign}`);
  }
  return `${text.slice(0, start)}(\n${parts.map((part) => `  ${part.trim()}`).join(',\n')}\n)${text.slice(end + 1)}`;
}

const line = z.object({ line: z.string() });

/** Each query gives the lines of one kind of thing; PostgreSQL itself writes them down. */
const postgresQueries = {
  tables: `select c.relname || coalesce(' with (' || array_to_string(c.reloptions, ', ') || ')', '') as line
    from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'S') order by 1`,
  columns: `select c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
      || case when co.collname <> 'default' then ' collate ' || co.collname else '' end
      || case when a.attnotnull then ' not null' else '' end
      || case when a.attidentity <> '' then ' identity ' || a.attidentity::text else '' end
      || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') as line
    from pg_attribute a join pg_class c on c.oid = a.attrelid
      left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      left join pg_collation co on co.oid = a.attcollation
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
    order by c.relname, a.attnum`,
  constraints: `select conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) as line
    from pg_constraint where connamespace = 'public'::regnamespace and contype <> 'n' order by 1`,
  indexes: `select indexdef as line from pg_indexes where schemaname = 'public' order by tablename, indexname`,
  triggers: `select pg_get_triggerdef(t.oid) as line
    from pg_trigger t join pg_class c on c.oid = t.tgrelid where not t.tgisinternal order by c.relname, t.tgname`,
  functions: `select pg_get_functiondef(oid) as line from pg_proc where pronamespace = 'public'::regnamespace order by proname`,
};

/** A PostgreSQL schema as text: every column, constraint, index, trigger and function of its catalogue. */
export async function postgresSchema(url: string): Promise<string> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const parts: string[] = [];
    for (const [name, query] of Object.entries(postgresQueries)) {
      const { rows } = await client.query(query);
      parts.push(
        `-- ${name}`,
        ...z
          .array(line)
          .parse(rows)
          .map((row) => row.line.trim()),
        '',
      );
    }
    return parts.join('\n');
  } finally {
    await client.end();
  }
}

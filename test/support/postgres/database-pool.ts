import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** Has the newest schema; every test's database is a copy of it, new or emptied after another test. */
export const templateName = 'corvus_template';

/**
 * Tables, columns, constraints, triggers and functions as one text, and what the template's own rows are: a test may
 * have changed them.
 */
const fingerprintSql = `
  select md5(coalesce(string_agg(line, ';' order by line), '')) as fingerprint from (
    select format('%s %s %s %s %s', c.relname, c.relkind, a.attname, a.atttypid, a.attnotnull) as line
      from pg_class c join pg_attribute a on a.attrelid = c.oid and not a.attisdropped where c.relnamespace = 'public'::regnamespace
    union all select conname || pg_get_constraintdef(oid) from pg_constraint where connamespace = 'public'::regnamespace
    union all select t.tgname || t.tgenabled::text from pg_trigger t join pg_class c on c.oid = t.tgrelid
      where c.relnamespace = 'public'::regnamespace and not t.tgisinternal
    union all select proname || md5(prosrc) from pg_proc where pronamespace = 'public'::regnamespace
  ) lines`;

/** Makes the template known to the tests of this run: its fingerprint, and the tables that have rows from the start. */
export async function openPool(serverUrl: string): Promise<void> {
  await within(urlOf(serverUrl, templateName), async (template) => {
    const { rows } = await template.query<{ fingerprint: string }>(fingerprintSql);
    const kept: string[] = [];
    for (const name of await tablesWithRows(template)) kept.push(`${name} ${await contentOf(template, name)}`);
    await within(serverUrl, async (server) => {
      await server.query('create table free_databases (name text primary key)');
      await server.query('create table template (fingerprint text, kept text[])');
      await server.query('insert into template values ($1, $2)', [rows[0]?.fingerprint, kept]);
    });
  });
}

/** @returns the name of a database that has the template's schema and rows, and belongs to the caller alone */
export function takeDatabase(serverUrl: string): Promise<string> {
  return within(serverUrl, async (server) => {
    const { rows } = await server.query<{ name: string }>(
      'delete from free_databases where name = (select name from free_databases limit 1 for update skip locked) returning name',
    );
    const [used] = rows;
    if (used) return used.name;
    const name = `test_${randomBytes(8).toString('hex')}`;
    await server.query(`create database ${name} template ${templateName}`);
    return name;
  });
}

/** Empties a database for the next test, which is much faster than a new one; drops it where its schema was changed. */
export async function giveBack(serverUrl: string, name: string): Promise<void> {
  await within(serverUrl, async (server) => {
    await server.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
    const { rows } = await server.query<{ fingerprint: string; kept: string[] }>(
      'select fingerprint, kept from template',
    );
    const [template] = rows;
    const isAsNew = template && (await within(urlOf(serverUrl, name), (database) => empty(database, template)));
    if (isAsNew) await server.query('insert into free_databases values ($1)', [name]);
    else await server.query(`drop database ${name} with (force)`);
  });
}

/** @returns whether the database is as the template is now */
async function empty(
  database: pg.Client,
  { fingerprint, kept }: { fingerprint: string; kept: string[] },
): Promise<boolean> {
  const { rows } = await database.query<{ fingerprint: string }>(fingerprintSql);
  if (rows[0]?.fingerprint !== fingerprint) return false;
  const keptNames = new Set<string>();
  for (const line of kept) {
    const [name = '', content] = line.split(' ');
    if ((await contentOf(database, name)) !== content) return false;
    keptNames.add(name);
  }
  const filled = (await tablesWithRows(database)).filter((name) => !keptNames.has(name));
  if (filled.length === 0) return true;
  // The ledger's triggers refuse it. Deleting few rows is faster than truncating, which makes each file again.
  await database.query('set session_replication_role = replica');
  await database.query(filled.map((name) => `delete from "${name}"`).join(';'));
  await database.query(`vacuum ${filled.map((name) => `"${name}"`).join(', ')}`);
  return true;
}

/** Tables that have, or had, rows. */
async function tablesWithRows(database: pg.Client): Promise<string[]> {
  const { rows } = await database.query<{ name: string }>(
    `select relname as name from pg_class
     where relnamespace = 'public'::regnamespace and relkind = 'r' and pg_relation_size(oid) > 0 order by relname`,
  );
  return rows.map(({ name }) => name);
}

async function contentOf(database: pg.Client, table: string): Promise<string> {
  const { rows } = await database.query<{ content: string }>(
    `select md5(string_agg(t::text, ';' order by t::text)) as content from "${table}" t`,
  );
  return rows[0]?.content ?? '';
}

export const urlOf = (serverUrl: string, database: string): string => serverUrl.replace('/postgres?', `/${database}?`);

async function within<T>(url: string, run: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return await run(client);
  } finally {
    await client.end();
  }
}

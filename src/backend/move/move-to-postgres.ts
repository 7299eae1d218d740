import { sql } from 'kysely';
import type { Db, Tx } from '../database/open-database.ts';
import type { SourceTable, SqliteSource, SqliteValue } from './read-sqlite-whole.ts';

/** Called after every batch. */
export type MoveProgress = (table: SourceTable, done: bigint) => void;

const batchRows = 2_000;
/** Rows that the schema itself creates; the source's rows replace them. */
const begunWith: ReadonlySet<string> = new Set(['pool_versions']);

/**
 * Copies every row of every table in one transaction. Rows are not interpreted: chains, hashes and balances arrive
 * unchanged. Throws a sentence when the target is not empty, has other columns, or fails the check at the end.
 * @param check says what is wrong with the copy; empty: nothing
 */
export async function moveToPostgres(
  source: SqliteSource,
  target: Db,
  { onProgress, check }: { onProgress: MoveProgress; check(tx: Tx): Promise<string[]> },
): Promise<void> {
  await target.transaction().execute(async (tx) => {
    for (const table of source.tables) await findRoomFor(tx, table);
    for (const table of source.tables) {
      await copy(tx, source, table, onProgress).catch((error: unknown) => {
        throw new Error(
          `The table ${table.name} could not be copied, so nothing was kept of it all: ${String(error)}`,
          { cause: error },
        );
      });
    }
    for (const table of source.tables) await goOnCounting(tx, table);
    const faults = await check(tx);
    if (faults.length > 0)
      throw new Error(`The copy does not verify, so nothing was kept of it.\n${faults.join('\n')}`);
  });
}

async function findRoomFor(tx: Tx, { name, columns }: SourceTable): Promise<void> {
  const { rows } = await sql<{ column: string }>`
    select column_name as column from information_schema.columns where table_schema = current_schema() and table_name = ${name}`.execute(
    tx,
  );
  const known = rows.map(({ column }) => column);
  const odd = [
    ...columns.filter((column) => !known.includes(column)),
    ...known.filter((column) => !columns.includes(column)),
  ];
  if (odd.length > 0) throw new Error(`The table ${name} differs between the databases: ${odd.join(', ')}.`);
  if (begunWith.has(name)) return void (await sql`delete from ${sql.table(name)}`.execute(tx));
  const { rows: found } = await sql`select 1 from ${sql.table(name)} limit 1`.execute(tx);
  if (found.length > 0)
    throw new Error(`The target is not empty: ${name} has rows. Give it a database that no service has used.`);
}

/** Balances are copied with their rows, so the triggers that would move them, or refuse old rows, are off meanwhile. */
async function copy(tx: Tx, source: SqliteSource, table: SourceTable, onProgress: MoveProgress): Promise<void> {
  const target = sql.table(table.name);
  await sql`alter table ${target} disable trigger user`.execute(tx);
  let done = 0n;
  let batch: string[] = [];
  const write = async (): Promise<void> => {
    const rows = `[${batch.join(',')}]`;
    await sql`insert into ${target} select * from jsonb_populate_recordset(null::${target}, ${rows}::text::jsonb)`.execute(
      tx,
    );
    done += BigInt(batch.length);
    batch = [];
    onProgress(table, done);
  };
  for (const values of source.read(table)) {
    batch.push(rowText(table, values));
    if (batch.length === batchRows) await write();
  }
  if (batch.length > 0) await write();
  await sql`alter table ${target} enable trigger user`.execute(tx);
  const { rows } = await sql<{ count: bigint }>`select count(*) as count from ${target}`.execute(tx);
  if (rows[0]?.count !== table.rows)
    throw new Error(`${table.name} has ${table.rows} rows, and ${rows[0]?.count} arrived.`);
}

function rowText({ columns }: SourceTable, values: readonly SqliteValue[]): string {
  const members = columns.map((column, index) => `${JSON.stringify(column)}:${valueText(values[index] ?? null)}`);
  return `{${members.join(',')}}`;
}

function valueText(value: SqliteValue): string {
  if (typeof value === 'bigint') return String(value);
  if (Buffer.isBuffer(value)) throw new Error('a column holds bytes, and no table of the service has any');
  return JSON.stringify(value);
}

/** Sequences of the database continue after the last copied number. */
async function goOnCounting(tx: Tx, { name, columns }: SourceTable): Promise<void> {
  for (const column of columns) {
    const { rows } = await sql<{
      sequence: string | null;
    }>`select pg_get_serial_sequence(${name}, ${column}) as sequence`.execute(tx);
    const sequence = rows[0]?.sequence ?? null;
    if (sequence === null) continue;
    await sql`select setval(${sequence}::regclass, (select coalesce(max(${sql.ref(column)}), 0) + 1 from ${sql.table(name)}), false)`.execute(
      tx,
    );
  }
}

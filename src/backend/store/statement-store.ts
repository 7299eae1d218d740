import { sql } from 'kysely';
import { type NanoUsd, nanoUsd } from '#shared/money.ts';
import type { Db, Tx } from '../database/open-database.ts';
import type { StatementLineRow } from '../database/schema.ts';

export async function lastSequence(db: Db | Tx, accountId: string): Promise<bigint> {
  const row = await db
    .selectFrom('statement_lines')
    .select('sequence')
    .where('account_id', '=', accountId)
    .orderBy('sequence', 'desc')
    .limit(1n)
    .executeTakeFirst();
  return row?.sequence ?? 0n;
}

/** Lines strictly after a cursor, oldest first. */
export async function readLines(db: Db, accountId: string, after: bigint, limit: number): Promise<StatementLineRow[]> {
  return db
    .selectFrom('statement_lines')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('sequence', '>', after)
    .orderBy('sequence')
    .limit(BigInt(limit))
    .execute();
}

/** Everything that was credited, paid or given. Usage lines, by far the most, are not read: the literal lets the partial index serve. */
export async function readCredited(db: Db | Tx, accountId: string): Promise<NanoUsd> {
  const row = await db
    .selectFrom('statement_lines')
    .select(({ fn }) => fn.sum<bigint>('amount').as('total'))
    .where('account_id', '=', accountId)
    .where('kind', '<>', sql.lit('usage'))
    .executeTakeFirst();
  return nanoUsd(BigInt(row?.total ?? 0n));
}

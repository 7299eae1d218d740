import { sql } from 'kysely';
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

/**
 * Whether the account was ever credited for money. The first condition lets the database use the partial index of
 * credits.
 */
export async function hasToppedUp(tx: Tx, accountId: string): Promise<boolean> {
  const line = await tx
    .selectFrom('statement_lines')
    .select('sequence')
    .where('account_id', '=', accountId)
    .where('kind', '<>', sql.lit('usage'))
    .where('kind', '=', sql.lit('topup'))
    .limit(1n)
    .executeTakeFirst();
  return line !== undefined;
}

import { sql } from 'kysely';
import { type NanoUsd, nanoUsd } from '#shared/money.ts';
import type { Db, Tx } from '../database/open-database.ts';
import type { StatementLineRow } from '../database/schema.ts';
import { balanceOf } from '../ledger/decide-hold.ts';
import { readPurse } from './ledger-store.ts';

export interface NewLine {
  accountId: string;
  kind: StatementLineRow['kind'];
  /** Signed: what the balance changed by. The transfers are posted already. */
  amount: NanoUsd;
  requestId: string | null;
  orderId: string | null;
  description: string;
  nowMs: number;
}

/** Appends what a customer sees of a movement. Lines of one account are numbered without a gap. */
export async function appendLine(tx: Tx, line: NewLine): Promise<{ sequence: bigint; balanceAfter: NanoUsd }> {
  const sequence = (await lastSequence(tx, line.accountId)) + 1n;
  const balanceAfter = balanceOf(await readPurse(tx, line.accountId));
  await tx
    .insertInto('statement_lines')
    .values({
      account_id: line.accountId,
      sequence,
      kind: line.kind,
      amount: line.amount,
      balance_after: balanceAfter,
      request_id: line.requestId,
      order_id: line.orderId,
      description: line.description,
      at_ms: BigInt(line.nowMs),
    })
    .execute();
  return { sequence, balanceAfter };
}

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

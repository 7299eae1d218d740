import type { StatementLineRow } from '../database/schema.ts';
import { type NanoUsd, nanoUsd, zeroUsd } from '#shared/money.ts';
import type { Db } from '../database/open-database.ts';
import { lastSequence } from '../store/statement-store.ts';

/**
 * Lines of one account from a sequence to before another, and the balance at both ends. Lines never change, so neither
 * does this.
 */
export interface StatementPeriod {
  accountId: string;
  first: bigint;
  end: bigint;
  opening: NanoUsd;
  closing: NanoUsd;
}

const lineColumns = [
  'sequence',
  'at_ms',
  'kind',
  'amount',
  'balance_after',
  'request_id',
  'order_id',
  'description',
] as const;

export type PeriodLine = Pick<StatementLineRow, (typeof lineColumns)[number]> & {
  input_tokens: bigint | null;
  output_tokens: bigint | null;
};

/** @param startMs its first moment @param endMs the first moment after it */
export async function findPeriod(db: Db, accountId: string, startMs: number, endMs: number): Promise<StatementPeriod> {
  const beyond = (await lastSequence(db, accountId)) + 1n;
  const first = await firstSequenceFrom(db, accountId, startMs, beyond);
  const found = await firstSequenceFrom(db, accountId, endMs, beyond);
  const end = found < first ? first : found;
  return {
    accountId,
    first,
    end,
    opening: await balanceBefore(db, accountId, first),
    closing: await balanceBefore(db, accountId, end),
  };
}

/**
 * Requests that end in the same moment may be written in another order than they ended; never further apart than this.
 */
const mostOutOfOrder = 1000n;

/**
 * Lines are numbered without a gap and, but for a moment, in the order of time: binary search finds where a day begins.
 * All lines up to the last one of the day before belong to that day, so that every call finds the same place.
 */
async function firstSequenceFrom(db: Db, accountId: string, atMs: number, beyond: bigint): Promise<bigint> {
  let [low, high] = [1n, beyond];
  while (low < high) {
    const middle = (low + high) / 2n;
    const line = await readLine(db, accountId, middle);
    if (line && line.at_ms < BigInt(atMs)) low = middle + 1n;
    else high = middle;
  }
  const { last } = await db
    .selectFrom('statement_lines')
    .select(({ fn }) => fn.max<bigint | null>('sequence').as('last'))
    .where('account_id', '=', accountId)
    .where('sequence', '>=', low)
    .where('sequence', '<', low + mostOutOfOrder)
    .where('at_ms', '<', BigInt(atMs))
    .executeTakeFirstOrThrow();
  return last === null ? low : last + 1n;
}

async function balanceBefore(db: Db, accountId: string, sequence: bigint): Promise<NanoUsd> {
  const line = await readLine(db, accountId, sequence - 1n);
  return line ? nanoUsd(line.balance_after) : zeroUsd;
}

function readLine(db: Db, accountId: string, sequence: bigint) {
  return db
    .selectFrom('statement_lines')
    .select(['at_ms', 'balance_after'])
    .where('account_id', '=', accountId)
    .where('sequence', '=', sequence)
    .executeTakeFirst();
}

/** The next lines from a sequence on, with the usage of their requests. */
export async function readPeriodLines(
  db: Db,
  period: StatementPeriod,
  from: bigint,
  limit: number,
): Promise<PeriodLine[]> {
  return (
    db
      .selectFrom('statement_lines')
      // Where a reserve and the difference to it are separate lines, the tokens stand only on the line that settles the
      // request.
      .leftJoin('requests', (join) =>
        join
          .onRef('requests.id', '=', 'statement_lines.request_id')
          .onRef('requests.ledger_sequence', '=', 'statement_lines.sequence'),
      )
      .select(lineColumns.map((column) => `statement_lines.${column}` as const))
      .select(['requests.input_tokens', 'requests.output_tokens'])
      .where('statement_lines.account_id', '=', period.accountId)
      .where('statement_lines.sequence', '>=', from)
      .where('statement_lines.sequence', '<', period.end)
      .orderBy('statement_lines.sequence')
      .limit(BigInt(limit))
      .execute()
  );
}

export async function sumPeriod(
  db: Db,
  period: StatementPeriod,
): Promise<{ kind: StatementLineRow['kind']; lines: number; amount: NanoUsd }[]> {
  const rows = await db
    .selectFrom('statement_lines')
    .select(({ fn }) => ['kind', fn.countAll<bigint>().as('lines'), fn.sum<bigint>('amount').as('amount')])
    .where('account_id', '=', period.accountId)
    .where('sequence', '>=', period.first)
    .where('sequence', '<', period.end)
    .groupBy('kind')
    .orderBy('kind')
    .execute();
  return rows.map(({ kind, lines, amount }) => ({ kind, lines: Number(lines), amount: nanoUsd(BigInt(amount)) }));
}

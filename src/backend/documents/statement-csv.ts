import { Readable } from 'node:stream';
import { stringify } from 'csv-stringify';
import { nanoUsd, usdText } from '#shared/money.ts';
import type { PeriodLine, StatementPeriod } from './statement-period-store.ts';

const columns = [
  'sequence',
  'time_utc',
  'kind',
  'amount_usd',
  'balance_after_usd',
  'request_id',
  'order_id',
  'description',
  'input_tokens',
  'output_tokens',
];

/** A cell: money is a bigint and other amounts are numbers, so only text can be taken for a formula. */
type Cell = string | number | bigint | null;

const pageSize = 500;
/** Characters that would break a line, colour a terminal or reverse the reading direction. */
const unseen = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;

interface Statement {
  period: StatementPeriod;
  startMs: number;
  endMs: number;
  /** The next lines from a sequence on, at most so many. */
  readLines(from: bigint, limit: number): Promise<PeriodLine[]>;
}

/**
 * The statement as CSV: opening balance, every line, closing balance. It is written page by page, at the reader's pace.
 * A text that a spreadsheet would run as a formula gets an apostrophe before it.
 */
export function statementCsv(statement: Statement): ReadableStream<Uint8Array> {
  const csv = stringify({
    header: true,
    columns,
    record_delimiter: 'windows',
    escape_formulas: true,
    cast: { bigint: (amount) => usdText(nanoUsd(amount)) },
  });
  const source = Readable.from(records(statement));
  source.on('error', (error) => csv.destroy(error));
  csv.on('close', () => source.destroy());
  return Readable.toWeb(source.pipe(csv), { type: 'bytes' });
}

async function* records({ period, startMs, endMs, readLines }: Statement): AsyncGenerator<Cell[]> {
  yield balanceRow('opening_balance', startMs, period.opening);
  for (let from = period.first; from < period.end;) {
    const lines = await readLines(from, pageSize);
    const last = lines.at(-1);
    // A file that breaks off is better than one that looks complete.
    if (!last) throw new Error(`the statement of ${period.accountId} has no line ${from}`);
    for (const line of lines) yield lineRow(line);
    from = last.sequence + 1n;
  }
  yield balanceRow('closing_balance', endMs, period.closing);
}

function balanceRow(kind: string, atMs: number, balance: bigint): Cell[] {
  return [null, timeText(atMs), kind, null, balance, null, null, null, null, null];
}

function lineRow(line: PeriodLine): Cell[] {
  return [
    Number(line.sequence),
    timeText(Number(line.at_ms)),
    line.kind,
    line.amount,
    line.balance_after,
    line.request_id,
    line.order_id,
    line.description.replaceAll(unseen, ' '),
    countOf(line.input_tokens),
    countOf(line.output_tokens),
  ];
}

function countOf(count: bigint | null): number | null {
  return count === null ? null : Number(count);
}

function timeText(atMs: number): string {
  return new Date(atMs).toISOString();
}

import { type LedgerLine, ledgerLineSchema } from '#shared/account/ledger.ts';
import type { RequestSummary } from '#shared/account/request.ts';
import type { StatementLine } from '#shared/contract/billing.ts';
import { type RequestId, requestIdSchema } from '#shared/ids.ts';
import { type NanoUsd, parseUsd, usdText } from '#shared/money.ts';
import { integer, money, optionalMoney, text } from '../database/columns.ts';
import {
  change,
  int,
  readAll,
  readOne,
  type ReadDb,
  type SqlRow,
  type SqlValue,
  type WriteDb,
} from '../database/database.ts';
import type { LedgerPageRows } from '../records.ts';
import { RequestBatch } from '../requests/request-batch.ts';

export interface AppliedLines {
  /** Requests of this machine that these lines settle and whose receipt is missing. */
  withoutReceipt: RequestId[];
  rows: RequestSummary[];
}

/**
 * Adds ledger lines, settles the requests they belong to and moves the cursor, in one transaction. A line that is
 * stored already changes nothing; if the stored one differs, it is moved to `former_lines`.
 */
export function applyLedgerLines(db: WriteDb, accountId: string, lines: readonly LedgerLine[]): AppliedLines {
  const batch = new RequestBatch(db);
  const withoutReceipt: RequestId[] = [];
  for (const line of lines) {
    storeLine(db, accountId, line);
    const requestId = requestIdSchema.safeParse(line.requestId);
    if (!requestId.success || !batch.charge(requestId.data)) continue;
    if (lacksReceipt(db, accountId, requestId.data)) withoutReceipt.push(requestId.data);
  }
  const last = lines.reduce((highest, { sequence }) => Math.max(highest, sequence), 0);
  change(
    db,
    `INSERT INTO ledger_cursors (account_id, sequence) VALUES ($accountId, $last)
     ON CONFLICT DO UPDATE SET sequence = max(sequence, excluded.sequence)`,
    { accountId, last: int(last) },
  );
  return { withoutReceipt, rows: batch.write() };
}

const columns =
  'account_id, sequence, at, kind, amount, balance_after, request_id, order_id, description, receipt_hash, hash';

/** A stored row has the same content as the line that was received; a hash that was missing before may be there now. */
const isSame = `at = $at AND kind = $kind AND amount = $amount AND balance_after = $balanceAfter AND request_id IS $requestId
  AND order_id IS $orderId AND description = $description AND (receipt_hash IS NULL OR receipt_hash IS $receiptHash)
  AND (hash IS NULL OR hash IS $hash)`;
const isHere = 'account_id = $accountId AND sequence = $sequence';

function storeLine(db: WriteDb, accountId: string, line: LedgerLine): void {
  const values = valuesOf(accountId, line);
  const isOther = `${isHere} AND NOT (${isSame})`;
  change(
    db,
    `INSERT INTO former_lines (${columns}, is_taken_back) SELECT ${columns}, 0 FROM ledger_lines WHERE ${isOther}`,
    values,
  );
  change(db, `DELETE FROM ledger_lines WHERE ${isOther}`, values);
  change(
    db,
    `INSERT INTO ledger_lines (${columns})
     VALUES ($accountId, $sequence, $at, $kind, $amount, $balanceAfter, $requestId, $orderId, $description, $receiptHash, $hash)
     ON CONFLICT DO UPDATE SET receipt_hash = coalesce(receipt_hash, excluded.receipt_hash), hash = coalesce(hash, excluded.hash)`,
    values,
  );
  // The account sends the earlier content again, so the difference need not be reported.
  change(db, `DELETE FROM former_lines WHERE ${isHere} AND is_accepted = 0 AND ${isSame}`, values);
}

function valuesOf(accountId: string, line: LedgerLine): Record<string, SqlValue> {
  return {
    accountId,
    sequence: int(line.sequence),
    at: line.at,
    kind: line.kind,
    amount: parseUsd(line.amount),
    balanceAfter: parseUsd(line.balanceAfter),
    requestId: line.requestId,
    orderId: line.orderId,
    description: line.description,
    receiptHash: line.receiptHash ?? null,
    hash: line.hash ?? null,
  };
}

function lacksReceipt(db: ReadDb, accountId: string, id: RequestId): boolean {
  return (
    readOne(db, 'SELECT 1 FROM receipts WHERE account_id = $accountId AND request_id = $id', { accountId, id }) === null
  );
}

/** The sequence up to which every line is stored; 0 before the first. */
export function readLedgerCursor(db: ReadDb, accountId: string): number {
  const row = readOne(db, 'SELECT sequence FROM ledger_cursors WHERE account_id = $accountId', { accountId });
  return row ? integer(row, 'sequence') : 0;
}

/**
 * Moves an account's lines to `former_lines`, so that they are fetched again from the first and compared. The requests
 * keep their cost.
 * @param upTo the last line that the account still has
 */
export function forgetLedger(db: WriteDb, accountId: string, upTo: number): void {
  change(
    db,
    `INSERT INTO former_lines (${columns}, is_taken_back) SELECT ${columns}, sequence > $upTo FROM ledger_lines WHERE account_id = $accountId`,
    { accountId, upTo: int(upTo) },
  );
  change(db, 'DELETE FROM ledger_lines WHERE account_id = $accountId', { accountId });
  change(db, 'DELETE FROM ledger_cursors WHERE account_id = $accountId', { accountId });
}

/**
 * Lines that the account has changed or no longer has; oldest first. Lines that are still to be fetched again are not
 * among them.
 */
export function listFormerLines(db: ReadDb, accountId: string, limit: number): LedgerLine[] {
  const rows = readAll(
    db,
    `SELECT * FROM former_lines WHERE account_id = $accountId AND is_accepted = 0 AND (is_taken_back = 1 OR sequence <= $cursor)
     ORDER BY sequence, rowid LIMIT $limit`,
    { accountId, cursor: int(readLedgerCursor(db, accountId)), limit: int(limit) },
  );
  return rows.flatMap((row) => readLine(row) ?? []);
}

export interface LedgerMovements {
  /** The balance before the first entry, and after the last; null: no entry says. */
  opening: NanoUsd | null;
  closing: NanoUsd | null;
  kinds: { kind: LedgerLine['kind']; entries: number; amount: NanoUsd }[];
}

/** What moved an account's balance from one moment up to another, by kind. */
export function sumMovements(db: ReadDb, accountId: string, fromMs: number, toMs: number): LedgerMovements {
  const [first, end] = [fromMs, toMs].map((ms) => firstLineSince(db, accountId, new Date(ms).toISOString()));
  const within = { accountId, first: int(first ?? 0), end: int(end ?? 0) };
  const balances = readOne(
    db,
    `SELECT (SELECT balance_after FROM ledger_lines WHERE account_id = $accountId AND sequence < $first ORDER BY sequence DESC LIMIT 1) AS before,
       (SELECT balance_after - amount FROM ledger_lines WHERE account_id = $accountId AND sequence >= $first ORDER BY sequence LIMIT 1) AS next,
       (SELECT balance_after FROM ledger_lines WHERE account_id = $accountId AND sequence < $end ORDER BY sequence DESC LIMIT 1) AS last`,
    within,
  );
  const rows = readAll(
    db,
    `SELECT kind, count(*) AS entries, sum(amount) AS amount FROM ledger_lines
     WHERE account_id = $accountId AND sequence >= $first AND sequence < $end GROUP BY kind ORDER BY sum(amount) DESC`,
    within,
  );
  const opening = balances && (optionalMoney(balances, 'before') ?? optionalMoney(balances, 'next'));
  return {
    opening,
    closing: balances && (optionalMoney(balances, 'last') ?? opening),
    kinds: rows.map((row) => ({
      kind: ledgerLineSchema.shape.kind.parse(row['kind']),
      entries: integer(row, 'entries'),
      amount: money(row, 'amount'),
    })),
  };
}

/** The sequence of the first line of this moment or later. Times rise with the sequence, so that it is halved for. */
function firstLineSince(db: ReadDb, accountId: string, at: string): number {
  let [low, high] = [0, readLedgerCursor(db, accountId) + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const row = readOne(
      db,
      'SELECT sequence, at FROM ledger_lines WHERE account_id = $accountId AND sequence >= $middle ORDER BY sequence LIMIT 1',
      { accountId, middle: int(middle) },
    );
    if (row && text(row, 'at') < at) low = integer(row, 'sequence') + 1;
    else high = middle;
  }
  return low;
}

/** The user has seen them: they stay stored and are no longer reported. */
export function acceptFormerLines(db: WriteDb, accountId: string): void {
  change(db, 'UPDATE former_lines SET is_accepted = 1 WHERE account_id = $accountId', { accountId });
}

/** Newest first; the cursor is the sequence of the last line of the page before. */
export function listLedgerLines(db: ReadDb, accountId: string, cursor: string | null, limit: number): LedgerPageRows {
  const before = cursor !== null && /^\d{1,15}$/.test(cursor) ? BigInt(cursor) : BigInt(Number.MAX_SAFE_INTEGER);
  const rows = readAll(
    db,
    `SELECT *, EXISTS (SELECT 1 FROM requests WHERE requests.id = request_id) AS is_request_here
     FROM ledger_lines WHERE account_id = $accountId AND sequence < $before ORDER BY sequence DESC LIMIT $limit`,
    { accountId, before, limit: int(limit + 1) },
  );
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  // A row that was damaged is missing from the list, and named where the statement is checked.
  return {
    lines: shown.flatMap(statementLine),
    nextCursor: last && rows.length > limit ? String(last['sequence']) : null,
  };
}

function statementLine(row: SqlRow): StatementLine[] {
  const line = readLine(row);
  return line === null ? [] : [{ ...line, isRequestHere: integer(row, 'is_request_here') === 1 }];
}

/** null: the row is damaged and no longer a valid line. */
export function readLine(row: SqlRow): LedgerLine | null {
  const line = ledgerLineSchema.safeParse({
    sequence: integer(row, 'sequence'),
    at: row['at'],
    kind: row['kind'],
    amount: usdText(money(row, 'amount')),
    balanceAfter: usdText(money(row, 'balance_after')),
    requestId: row['request_id'],
    orderId: row['order_id'],
    description: row['description'],
    receiptHash: row['receipt_hash'],
    hash: row['hash'],
  });
  return line.success ? line.data : null;
}

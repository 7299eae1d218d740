import { type Receipt, receiptSchema } from '#shared/account/receipt.ts';
import type { ReceiptReport } from '#shared/account/statement-report.ts';
import {
  checkReaches,
  checkStatement,
  endAfter,
  nothingChecked,
  type StatementCheck,
  type StatementEntry,
} from './check-statement.ts';
import { integer, optionalText, text } from '../database/columns.ts';
import { change, int, readAll, readOne, type ReadDb, type SqlRow, type WriteDb } from '../database/database.ts';
import { readLedgerCursor, readLine } from './ledger-lines-table.ts';

/** Longer than any real receipt; a longer one is not stored. */
const maxReceiptLength = 64 * 1024;

/** Stores a receipt as it came. Returns whether it is the first of this request. */
export function saveReceipt(db: WriteDb, accountId: string, receipt: Receipt): boolean {
  const content = JSON.stringify(receipt);
  if (content.length > maxReceiptLength) return false;
  const key = { accountId, requestId: receipt.requestId };
  const isKnown =
    readOne(db, 'SELECT 1 FROM receipts WHERE account_id = $accountId AND request_id = $requestId', key) !== null;
  change(
    db,
    `INSERT INTO receipts (account_id, request_id, content) VALUES ($accountId, $requestId, $content)
     ON CONFLICT DO UPDATE SET content = excluded.content`,
    { ...key, content },
  );
  return !isKnown;
}

export interface CheckedPart {
  check: StatementCheck;
  /** Every stored line was checked, or a fault ended the check. */
  isDone: boolean;
}

/** Continues a check by at most `limit` lines. */
export function checkPart(db: ReadDb, accountId: string, previous: StatementCheck, limit: number): CheckedPart {
  // Read first: lines written in the meantime can only go beyond it.
  const cursor = readLedgerCursor(db, accountId);
  const entries = readEntries(db, accountId, previous.end.sequence, limit);
  const check = checkStatement(previous, entries);
  if (entries.length === limit && !check.firstFault) return { check, isDone: false };
  return { check: checkReaches(check, cursor), isDone: true };
}

/** Checks one request's receipt against its line, and the line against the one before. */
export function checkReceipt(db: ReadDb, accountId: string, requestId: string): ReceiptReport {
  // Where a reserve was charged first, the receipt belongs to the line of the rest, which names it.
  const row = readOne(
    db,
    `SELECT sequence FROM ledger_lines WHERE account_id = $accountId AND request_id = $requestId
     ORDER BY receipt_hash IS NULL, sequence DESC LIMIT 1`,
    { accountId, requestId },
  );
  if (!row) return { status: 'missing', fault: null };
  const sequence = integer(row, 'sequence');
  const entries = readEntries(db, accountId, Math.max(0, sequence - 2), 2).filter(
    (entry) => entry.sequence <= sequence,
  );
  const before = entries.find((entry) => entry.sequence < sequence)?.line;
  const end = before ? endAfter(before) : { ...nothingChecked.end, sequence: Math.max(0, sequence - 2) };
  const check = checkStatement(
    { ...nothingChecked, end },
    entries.filter((entry) => entry.sequence > end.sequence),
  );
  if (check.firstFault) return { status: 'fault', fault: check.firstFault };
  if (check.receipts > 0) return { status: 'verified', fault: null };
  return { status: entries.at(-1)?.receipt ? 'unproven' : 'missing', fault: null };
}

function readEntries(db: ReadDb, accountId: string, after: number, limit: number): StatementEntry[] {
  const rows = readAll(
    db,
    `SELECT l.*, r.content AS receipt FROM ledger_lines l
     LEFT JOIN receipts r ON r.account_id = l.account_id AND r.request_id = l.request_id
     WHERE l.account_id = $accountId AND l.sequence > $after ORDER BY l.sequence LIMIT $limit`,
    { accountId, after: int(after), limit: int(limit) },
  );
  return rows.map((row) => ({ sequence: integer(row, 'sequence'), line: readLine(row), receipt: readReceipt(row) }));
}

function readReceipt(row: SqlRow): StatementEntry['receipt'] {
  if (optionalText(row, 'receipt') === null) return null;
  try {
    return receiptSchema.parse(JSON.parse(text(row, 'receipt')));
  } catch {
    return 'unreadable';
  }
}

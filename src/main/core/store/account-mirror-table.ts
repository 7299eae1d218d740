import { type Account, accountSchema } from '#shared/account/account.ts';
import { type LedgerLine, ledgerLineSchema } from '#shared/account/ledger.ts';
import { type Order, orderSchema } from '#shared/account/orders.ts';
import type { RequestSummary } from '#shared/domain/request.ts';
import { type RequestId, requestIdSchema } from '#shared/ids.ts';
import { parseUsd, usdText } from '#shared/money.ts';
import { integer, money, text } from './columns.ts';
import { change, int, readAll, readOne, type ReadDb, type SqlRow, type WriteDb } from './database.ts';
import type { AccountMirror, LedgerPageRows } from './records.ts';
import { readSummary, takeLedgerLine } from './requests-table.ts';

export interface LinesOfAccount {
  accountId: string;
  lines: readonly LedgerLine[];
}

export interface AppliedLines {
  /** Requests of this machine that these lines settle and whose receipt is still missing. */
  withoutReceipt: RequestId[];
  rows: RequestSummary[];
}

/** Adds ledger lines, settles the requests they belong to and moves the cursor, all at once. A line seen before changes nothing. */
export function applyLedgerLines(db: WriteDb, { accountId, lines }: LinesOfAccount): AppliedLines {
  const applied: AppliedLines = { withoutReceipt: [], rows: [] };
  for (const line of lines) {
    insertLine(db, accountId, line);
    const requestId = requestIdSchema.safeParse(line.requestId);
    if (!requestId.success || !takeLedgerLine(db, requestId.data)) continue;
    const row = readSummary(db, requestId.data);
    if (row) applied.rows.push(row);
    if (lacksReceipt(db, requestId.data)) applied.withoutReceipt.push(requestId.data);
  }
  const last = lines.reduce((highest, { sequence }) => Math.max(highest, sequence), 0);
  change(
    db,
    `INSERT INTO ledger_cursors (account_id, sequence) VALUES ($accountId, $last)
     ON CONFLICT DO UPDATE SET sequence = max(sequence, excluded.sequence)`,
    { accountId, last: int(last) },
  );
  return applied;
}

function insertLine(db: WriteDb, accountId: string, line: LedgerLine): void {
  change(
    db,
    `INSERT INTO ledger_lines (account_id, sequence, at, kind, amount, balance_after, request_id, order_id, description,
       receipt_hash, hash)
     VALUES ($accountId, $sequence, $at, $kind, $amount, $balanceAfter, $requestId, $orderId, $description, $receiptHash, $hash) ON CONFLICT DO NOTHING`,
    {
      ...line,
      accountId,
      sequence: int(line.sequence),
      amount: parseUsd(line.amount),
      balanceAfter: parseUsd(line.balanceAfter),
      receiptHash: line.receiptHash ?? null,
      hash: line.hash ?? null,
    },
  );
}

function lacksReceipt(db: ReadDb, id: RequestId): boolean {
  return readOne(db, 'SELECT 1 FROM requests WHERE id = $id AND (settled_cost IS NULL OR fresh_input IS NULL)', { id }) !== null;
}

/** The sequence up to which every line is here; 0 before the first. */
export function readLedgerCursor(db: ReadDb, accountId: string): number {
  const row = readOne(db, 'SELECT sequence FROM ledger_cursors WHERE account_id = $accountId', { accountId });
  return row ? integer(row, 'sequence') : 0;
}

/** Drops an account's lines, so that they are fetched again from the first. What requests cost stays with them. */
export function forgetLedger(db: WriteDb, accountId: string): void {
  change(db, 'DELETE FROM ledger_lines WHERE account_id = $accountId', { accountId });
  change(db, 'DELETE FROM ledger_cursors WHERE account_id = $accountId', { accountId });
}

/** Newest first; the cursor is the sequence of the last line of the page before. */
export function listLedgerLines(
  db: ReadDb,
  { accountId, cursor, limit }: { accountId: string; cursor: string | null; limit: number },
): LedgerPageRows {
  const before = cursor !== null && /^\d{1,15}$/.test(cursor) ? BigInt(cursor) : BigInt(Number.MAX_SAFE_INTEGER);
  const rows = readAll(
    db,
    'SELECT * FROM ledger_lines WHERE account_id = $accountId AND sequence < $before ORDER BY sequence DESC LIMIT $limit',
    { accountId, before, limit: int(limit + 1) },
  );
  const lines = rows.slice(0, limit).map(lineOf);
  return { lines, nextCursor: rows.length > limit ? String(lines.at(-1)?.sequence ?? '') : null };
}

function lineOf(row: SqlRow): LedgerLine {
  return ledgerLineSchema.parse({
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
}

export function saveSnapshot(db: WriteDb, { snapshot, receivedAtMs }: { snapshot: Account; receivedAtMs: number }): void {
  change(
    db,
    `INSERT INTO account_mirrors (account_id, snapshot, received_at_ms) VALUES ($accountId, $snapshot, $receivedAtMs)
     ON CONFLICT DO UPDATE SET snapshot = excluded.snapshot, received_at_ms = excluded.received_at_ms`,
    { accountId: snapshot.id, snapshot: JSON.stringify(snapshot), receivedAtMs: int(receivedAtMs) },
  );
}

export function readSnapshot(db: ReadDb, accountId: string): AccountMirror | null {
  const row = readOne(db, 'SELECT snapshot, received_at_ms FROM account_mirrors WHERE account_id = $accountId', { accountId });
  if (!row) return null;
  return { snapshot: accountSchema.parse(JSON.parse(text(row, 'snapshot'))), receivedAtMs: integer(row, 'received_at_ms') };
}

export function saveOrders(db: WriteDb, { accountId, orders }: { accountId: string; orders: readonly Order[] }): void {
  for (const order of orders) {
    change(
      db,
      `INSERT INTO orders (account_id, id, created_at, content) VALUES ($accountId, $id, $createdAt, $content)
       ON CONFLICT DO UPDATE SET content = excluded.content`,
      { accountId, id: order.id, createdAt: order.createdAt, content: JSON.stringify(order) },
    );
  }
}

/** Newest first. */
export function listOrders(db: ReadDb, accountId: string): Order[] {
  const rows = readAll(db, 'SELECT content FROM orders WHERE account_id = $accountId ORDER BY created_at DESC, id DESC LIMIT 500', {
    accountId,
  });
  return rows.map((row) => orderSchema.parse(JSON.parse(text(row, 'content'))));
}

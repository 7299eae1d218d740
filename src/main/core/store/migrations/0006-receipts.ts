/**
 * Receipts as they came, and lines that the account tells otherwise than before. Lines mirrored before they had a hash are fetched again:
 * their hash is added to them.
 */
export const receipts = {
  name: '0006-receipts',
  sql: `
CREATE TABLE receipts (
  account_id TEXT NOT NULL,
  request_id TEXT NOT NULL,
  content TEXT NOT NULL,
  PRIMARY KEY (account_id, request_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE former_lines (
  account_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  at TEXT NOT NULL,
  kind TEXT NOT NULL,
  amount INTEGER NOT NULL,
  balance_after INTEGER NOT NULL,
  request_id TEXT,
  order_id TEXT,
  description TEXT NOT NULL,
  receipt_hash TEXT,
  hash TEXT,
  is_taken_back INTEGER NOT NULL,
  is_accepted INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX former_lines_by_sequence ON former_lines (account_id, sequence);

UPDATE ledger_cursors SET sequence = 0 WHERE account_id IN (SELECT account_id FROM ledger_lines WHERE hash IS NULL);`,
} as const;

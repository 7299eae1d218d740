/** What proves that a statement line is the one the account wrote. */
export const lineProofs = {
  name: '0005-line-proofs',
  sql: `
ALTER TABLE ledger_lines ADD COLUMN receipt_hash TEXT;
ALTER TABLE ledger_lines ADD COLUMN hash TEXT;`,
} as const;

import { type NanoUsd, nanoUsd } from '#shared/money.ts';
import { integer, money } from '../database/columns.ts';
import { readOne, type ReadDb } from '../database/database.ts';

/** What the account's ledger took for one request. */
export interface LedgerCharge {
  cost: NanoUsd;
  balanceAfter: NanoUsd;
  /** Two of its lines took the same amount. */
  isRepeated: boolean;
}

/** The sum of a request's lines, and the balance after the last of them; null: no line is here yet. */
export function readLedgerCharge(db: ReadDb, requestId: string): LedgerCharge | null {
  const row = readOne(
    db,
    `SELECT sum(amount) AS amount, max(sequence) AS last, balance_after,
       count(*) > count(DISTINCT amount) AS is_repeated FROM ledger_lines
     WHERE request_id = $id AND kind = 'usage' HAVING count(*) > 0`,
    { id: requestId },
  );
  return (
    row && {
      cost: nanoUsd(-money(row, 'amount')),
      balanceAfter: money(row, 'balance_after'),
      isRepeated: integer(row, 'is_repeated') === 1,
    }
  );
}
